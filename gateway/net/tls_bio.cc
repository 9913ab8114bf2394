#include "net/tls_bio.h"

#include <sys/socket.h>

#include <cerrno>

#include <openssl/bio.h>

#include "base/check.h"

namespace gateway::net {
namespace {

TlsBio& self(BIO* bio) { return *static_cast<TlsBio*>(BIO_get_data(bio)); }

}  // namespace

BIO* TlsBio::make() {
  static BIO_METHOD* const method = [] {  // of the process; never freed
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "outbox");
    BC_CHECK(made != nullptr);
    BC_CHECK(BIO_meth_set_read(made, read) == 1);
    BC_CHECK(BIO_meth_set_write(made, write) == 1);
    BC_CHECK(BIO_meth_set_ctrl(made, control) == 1);
    return made;
  }();
  BIO* const bio = BIO_new(method);
  BC_CHECK(bio != nullptr);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  return bio;
}

int TlsBio::read(BIO* bio, char* to, int room) {
  BIO_clear_retry_flags(bio);
  TlsBio& at = self(bio);
  const ssize_t got = ::recv(at.fd_, to, static_cast<std::size_t>(room), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (got == 0) at.at_end_ = true;
  return static_cast<int>(got);
}

int TlsBio::write(BIO* bio, const char* from, int bytes) {
  BIO_clear_retry_flags(bio);
  const IoResult step = self(bio).outbox_.put({from, static_cast<std::size_t>(bytes)});
  if (step.status == IoResult::Status::again) BIO_set_retry_write(bio);
  return step.status == IoResult::Status::ok ? bytes : -1;
}

// A flush is the transport's, once for many records. What is not known is answered 0: not there.
long TlsBio::control(BIO* bio, int what, long /*number*/, void* /*pointer*/) {
  if (what == BIO_CTRL_EOF) return self(bio).at_end_ ? 1 : 0;
  return what == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace gateway::net
