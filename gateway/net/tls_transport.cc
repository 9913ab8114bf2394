#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/check.h"
#include "net/client_authority.h"
#include "net/outbox.h"
#include "net/tls_bio.h"
#include "net/tls_context.h"
#include "net/transport.h"

namespace gateway::net {
namespace {

/// KeyUpdates and other messages of the handshake layer that a peer may send between two records of
/// data (RFC 8446 §4.6.3: any number; each costs a key derivation).
constexpr int kQuietMessagesMax = 4;

class TlsTransport final : public Transport {
 public:
  // OpenSslContext is the only kind there is (tls.h).
  TlsTransport(TlsContextRef context, int fd, OutboxSpace& space, std::uint32_t records_per_key)
      : context_(std::move(context)),
        fd_(fd),
        outbox_(fd, space),
        bio_(fd, outbox_),
        ssl_(static_cast<const OpenSslContext&>(*context_).make_ssl()),
        records_per_key_(records_per_key) {
    BIO* const bio = bio_.make();
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_msg_callback(ssl_.get(), count_message);
    SSL_set_msg_callback_arg(ssl_.get(), this);
  }

  IoResult handshake() override {
    begin_step();
    const int result = SSL_do_handshake(ssl_.get());
    IoResult step;
    if (result == 1) {
      context_ = {};  // it chooses certificates and tickets, which is over
      established_ = true;
      quiet_messages_ = 0;
    } else {
      step = result_of(result, 0);
    }
    const IoResult sent = outbox_.flush();
    if (step.status == IoResult::Status::again) step.wants_write |= sent.wants_write;
    return step;
  }

  int messages_heard() const override { return quiet_messages_; }

  // Without SSL_MODE_AUTO_RETRY the library comes back after each message that is no data; with it
  // a flood of them would keep this thread inside one call.
  IoResult read(char* to, std::size_t room) override {
    while (quiet_messages_ <= kQuietMessagesMax) {
      begin_step();
      const int before = quiet_messages_;
      std::size_t bytes = 0;
      const int result = SSL_read_ex(ssl_.get(), to, room, &bytes);
      const IoResult step = result_of(result, bytes);
      if (!outbox_.waits()) outbox_.flush();  // answers of the handshake layer
      if (step.status == IoResult::Status::ok) quiet_messages_ = 0;
      const bool took_message = quiet_messages_ > before;
      if (step.status != IoResult::Status::again || step.wants_write || !took_message) return step;
    }
    broken_ = true;
    error_ = "too many TLS messages without data";
    return {IoResult::Status::failed, 0, false};
  }

  IoResult write(const char* from, std::size_t bytes) override {
    begin_step();
    if (++records_ > records_per_key_) change_key();
    std::size_t wrote = 0;
    const int result = SSL_write_ex(ssl_.get(), from, bytes, &wrote);
    const IoResult step = result_of(result, wrote);
    record_waits_ = step.status == IoResult::Status::again;
    return step;
  }

  bool waits() const override { return outbox_.waits(); }
  bool has_room() const override { return outbox_.has_room(); }

  IoResult flush() override {
    const IoResult step = outbox_.flush();
    if (step.status == IoResult::Status::failed) error_ = std::strerror(outbox_.error());
    return step;
  }

  // A record that waits to be written forbids close_notify: the peer sees the cut as what it is.
  void close_write() override {
    if (established_ && !broken_ && !record_waits_ && !outbox_.waits()) {
      begin_step();
      SSL_shutdown(ssl_.get());
      ERR_clear_error();
      outbox_.flush();
    }
    ::shutdown(fd_, SHUT_WR);
  }

  std::string_view alpn() const override {
    const unsigned char* name = nullptr;
    unsigned int length = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &length);
    return {reinterpret_cast<const char*>(name), length};
  }

  bool resumed() const override { return SSL_session_reused(ssl_.get()) == 1; }
  std::unique_ptr<const http::PeerCertificate> peer_certificate() const override {
    return net::peer_certificate(ssl_.get());
  }
  bool refused_certificate() const override { return !certificate_fault(ssl_.get()).empty(); }
  std::string error() const override { return error_; }

 private:
  static void count_message(int written, int /*version*/, int content_type, const void* /*bytes*/,
                            std::size_t /*length*/, SSL* /*ssl*/, void* transport) {
    if (written == 0 && content_type == SSL3_RT_HANDSHAKE) {
      ++static_cast<TlsTransport*>(transport)->quiet_messages_;
    }
  }

  // SSL_get_error looks at this thread's error queue and at errno: what other connections left
  // there must not be taken for ours.
  static void begin_step() {
    if (ERR_peek_error() != 0) ERR_clear_error();  // clearing is dear, and hardly ever needed
    errno = 0;
  }

  // The next write says so first. It cannot be done while a record of ours waits or a message of
  // the peer is there by half, and not at all in TLS 1.2.
  void change_key() {
    if (record_waits_ || !SSL_is_init_finished(ssl_.get())) return;
    if (SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1) records_ = 0;
    begin_step();
  }

  IoResult result_of(int result, std::size_t bytes) {
    using Status = IoResult::Status;
    const int system_error = errno;
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_NONE:
        return {Status::ok, bytes, false};
      case SSL_ERROR_WANT_READ:
        return {Status::again, 0, false};
      case SSL_ERROR_WANT_WRITE:
        return {Status::again, 0, true};
      case SSL_ERROR_ZERO_RETURN:
        return {Status::closed, 0, false};
      case SSL_ERROR_SYSCALL:
        broken_ = true;
        error_ = std::strerror(system_error);
        return {system_error == 0 ? Status::closed : Status::failed, 0, false};
      default:
        broken_ = true;
        return failure();
    }
  }

  // A FIN without close_notify: what most browsers do.
  IoResult failure() {
    using Status = IoResult::Status;
    const bool cut = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    error_ = openssl_error();
    if (const std::string fault = certificate_fault(ssl_.get()); !fault.empty()) {
      error_ += ": " + fault;
    }
    return {cut ? Status::closed : Status::failed, 0, false};
  }

  TlsContextRef context_;  // while the handshake lasts
  int fd_;
  Outbox outbox_;
  TlsBio bio_;
  SslPtr ssl_;  // refers to bio_
  const std::uint32_t records_per_key_;
  std::uint32_t records_ = 0;  // written by the key that holds
  bool established_ = false;
  bool broken_ = false;  // OpenSSL forbids SSL_shutdown after a fatal error
  bool record_waits_ = false;
  int quiet_messages_ = 0;  // of the peer, whole ones, since the last data
  std::string error_;
};

}  // namespace

std::unique_ptr<Transport> make_tls_transport(TlsContextRef context, int fd, OutboxSpace& space,
                                              std::uint32_t records_per_key) {
  return std::make_unique<TlsTransport>(std::move(context), fd, space, records_per_key);
}

}  // namespace gateway::net
