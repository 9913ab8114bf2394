#include "load/wire.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>

#include <openssl/err.h>

#include "load/common.h"

namespace bench {
namespace {

/// Several records at a time come from the kernel, instead of one in two calls.
constexpr std::size_t kReadAhead = 128 * 1024;

/// The first address of the name that somebody listens on.
void resolve(Target& target, const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) die("cannot resolve " + host);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool listens = fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) == 0;
    if (fd >= 0) close(fd);
    if (!listens) continue;
    std::memcpy(&target.address, at->ai_addr, at->ai_addrlen);
    target.address_bytes = at->ai_addrlen;
    return;
  }
  die("nobody listens on " + target.authority);
}

int connect_socket(const Target& target) {
  const int fd = socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die(std::string("socket: ") + std::strerror(errno));
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* address = reinterpret_cast<const sockaddr*>(&target.address);
  if (connect(fd, address, target.address_bytes) != 0 && errno != EINPROGRESS) {
    die("cannot connect to " + target.authority + ": " + std::strerror(errno));
  }
  return fd;
}

}  // namespace

Target make_target(const std::string& url, bool http1) {
  Target target;
  const std::size_t end = url.find("://");
  const std::string scheme = url.substr(0, std::min(end, url.size()));
  target.tls = scheme == "https";
  target.h2 = scheme == "h2c" || (target.tls && !http1);
  if (end == std::string::npos || (!target.tls && scheme != "http" && scheme != "h2c")) {
    die(url + ": want https://host:port, http:// or h2c://");
  }
  target.scheme = target.tls ? "https" : "http";
  target.authority = url.substr(end + 3);
  if (!target.authority.empty() && target.authority.back() == '/') target.authority.pop_back();
  const std::size_t colon = target.authority.rfind(':');
  if (colon == std::string::npos) die(url + ": the port is missing");
  target.host = target.authority.substr(0, colon);
  if (target.host.size() > 2 && target.host.front() == '[') {
    target.host = target.host.substr(1, target.host.size() - 2);
  }
  resolve(target, target.host, target.authority.substr(colon + 1));
  return target;
}

SSL_CTX* make_client_context(const std::string& ca, bool h2) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) die("no TLS context");
  static constexpr unsigned char kH2[] = {2, 'h', '2'};
  static constexpr unsigned char kH1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  const int refused = h2 ? SSL_CTX_set_alpn_protos(context, kH2, sizeof kH2)
                         : SSL_CTX_set_alpn_protos(context, kH1, sizeof kH1);
  if (refused != 0) die("cannot offer a protocol");
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadAhead);
  if (!ca.empty()) {
    if (SSL_CTX_load_verify_locations(context, ca.c_str(), nullptr) != 1) die("cannot read " + ca);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  return context;
}

Wire::Wire(const Target& target, SSL_CTX* context) : fd_(connect_socket(target)) {
  if (context == nullptr) return;
  ssl_ = SSL_new(context);
  if (ssl_ == nullptr || SSL_set_fd(ssl_, fd_) != 1) die("no TLS connection");
  // What SSL_set_tlsext_host_name does, without its C cast.
  SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           const_cast<char*>(target.host.c_str()));
  SSL_set_connect_state(ssl_);
}

Wire::~Wire() {
  SSL_free(ssl_);
  close(fd_);
}

Wire::Handshake Wire::shake_hands() {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
    return Handshake::failed;
  }
  sockaddr_storage peer{};
  socklen_t peer_bytes = sizeof peer;
  if (getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &peer_bytes) != 0) {
    return Handshake::waiting;
  }
  if (ssl_ == nullptr) return Handshake::done;
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) return Handshake::done;
  return outcome(result) < 0 ? Handshake::failed : Handshake::waiting;
}

ssize_t Wire::outcome(int result) {
  const int error = SSL_get_error(ssl_, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return 0;
  ERR_clear_error();  // the queue is the thread's: the next connection is not to find it
  return -1;
}

ssize_t Wire::read(char* to, std::size_t room) {
  if (ssl_ != nullptr) {
    const int got = SSL_read(ssl_, to, static_cast<int>(std::min<std::size_t>(room, INT_MAX)));
    return got > 0 ? got : outcome(got);
  }
  const ssize_t got = recv(fd_, to, room, 0);
  if (got > 0) return got;
  return got < 0 && errno == EAGAIN ? 0 : -1;
}

ssize_t Wire::write(std::string_view bytes) {
  if (ssl_ != nullptr) {
    const auto count = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
    const int sent = SSL_write(ssl_, bytes.data(), count);
    return sent > 0 ? sent : outcome(sent);
  }
  const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return sent;
  return errno == EAGAIN ? 0 : -1;
}

}  // namespace bench
