#include "backbone/redis_wire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace gateway::backbone {
namespace {

constexpr std::size_t kReadBytes = std::size_t{16} << 10U;  // in one turn; see RedisTls::read
constexpr std::size_t kAddressesMax = 8;
constexpr const char* kCrlf = "\r\n";

}  // namespace

RedisWire::RedisWire(loop::EventLoop& loop, std::size_t reply_max, MakeTls make_tls,
                     Listener listener)
    : loop_(loop),
      make_tls_(std::move(make_tls)),
      listener_(std::move(listener)),
      reader_(reply_max) {
  timer_ = loop_.make([this] {
    const auto self = shared_from_this();  // outlives what it calls
    failed(tls_ ? "no end of the TLS handshake in time: is it the port of TLS (tls-port)?"
                : "no connection in time");
  });
}

RedisWire::~RedisWire() { drop_socket(); }

void RedisWire::connect(std::vector<HostAddress> addresses, std::chrono::milliseconds timeout) {
  addresses_ = std::move(addresses);
  if (addresses_.size() > kAddressesMax) addresses_.resize(kAddressesMax);
  std::reverse(addresses_.begin(), addresses_.end());
  until_ = loop_.clock().now() + timeout;
  loop_.post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && !self->closed_) self->try_next();
  });
}

void RedisWire::try_next() {
  const HostAddress address = std::move(addresses_.back());
  addresses_.pop_back();
  trying_ = address.text;
  const base::Duration left = until_ - loop_.clock().now();
  timer_->arm(std::max(left, base::Duration::zero()) /
              static_cast<base::Duration::rep>(addresses_.size() + 1));
  if (!try_one(address)) failed(std::strerror(errno));
}

/// False: it was refused at once, and errno says why.
bool RedisWire::try_one(const HostAddress& address) {
  const int family = address.storage.ss_family;
  fd_ = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  const int on = 1;
  if (family != AF_UNIX && ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
    return false;
  }
  const auto* place = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(fd_, place, address.size) != 0 && errno != EINPROGRESS) return false;
  watch_ = loop_.watch(fd_, [weak = weak_from_this()](bool readable, bool writable) {
    if (const auto self = weak.lock()) self->handle(readable, writable);
  });
  watch_->want(false, true);
  return true;
}

void RedisWire::failed(const std::string& why) {
  drop_socket();
  refusals_ += (refusals_.empty() ? "" : "; ") + trying_ + ": " + why;
  addresses_.empty() ? lose(refusals_) : try_next();
}

void RedisWire::drop_socket() {
  watch_.reset();
  tls_.reset();
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void RedisWire::close() {
  closed_ = true;
  timer_->cancel();
  drop_socket();
}

void RedisWire::lose(const std::string& why) {
  if (closed_) return;
  close();
  listener_.lost(why);
}

void RedisWire::pause(bool paused) {
  paused_ = paused;
  want();
}

void RedisWire::want() {
  if (watch_ && connected_) watch_->want(!paused_, !out_.empty());
}

void RedisWire::send(const std::vector<std::string_view>& command) {
  if (connected_ && out_.empty()) write_at_end_of_turn();
  const auto append = [this](char kind, std::size_t number) {
    out_.append(1, kind).append(std::to_string(number)).append(kCrlf);
  };
  append('*', command.size());
  for (const std::string_view word : command) {
    append('$', word.size());
    out_.append(word).append(kCrlf);
  }
}

/// The commands of a turn are one write; epoll is asked only when the socket is full.
void RedisWire::write_at_end_of_turn() {
  loop_.once_at_end_of_turn([weak = weak_from_this()] {
    if (const auto self = weak.lock(); self && !self->closed_) self->write_some();
  });
}

void RedisWire::handle(bool readable, bool writable) {
  if (!connected_) return tls_ ? shake_hands() : see_whether_reached();
  if (readable) read_some();
  if (writable && !closed_) write_some();
}

void RedisWire::see_whether_reached() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return failed(std::strerror(error));
  if (!make_tls_) return connected();
  auto tls = make_tls_(fd_);
  if (!tls) return failed(tls.error().message);
  tls_ = *std::move(tls);
  shake_hands();
}

void RedisWire::shake_hands() {
  if (tls_->shake_hands()) return connected();
  if (errno != EAGAIN) return failed(last_error());
  watch_->want(!tls_->waits_to_write(), tls_->waits_to_write());
}

/// Of what has just failed.
std::string RedisWire::last_error() const {
  const int error = errno;
  const std::string fault = tls_ ? tls_->fault() : "";
  if (!fault.empty()) return fault;
  const std::string why = error != 0 ? std::strerror(error) : "closed by Redis";
  return tls_ && !connected_ ? why + ", in the TLS handshake" : why;
}

void RedisWire::connected() {
  timer_->cancel();
  connected_ = true;
  want();
  listener_.up();
}

void RedisWire::write_some() {
  if (out_.empty()) return;
  const std::string_view rest = std::string_view(out_).substr(written_);
  const ssize_t wrote = tls_ ? tls_->write(rest.data(), rest.size())
                             : ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
  if (wrote < 0) {
    if (errno != EAGAIN && errno != EINTR) return lose(last_error());
    return want();
  }
  written_ += static_cast<std::size_t>(wrote);
  if (written_ == out_.size()) {
    out_ = std::string();  // it may have been large
    written_ = 0;
  } else if (written_ > out_.size() / 2) {
    out_.erase(0, std::exchange(written_, 0));
  }
  want();
}

void RedisWire::read_some() {
  char bytes[kReadBytes];
  const ssize_t got = tls_ ? tls_->read(bytes, sizeof bytes) : ::recv(fd_, bytes, sizeof bytes, 0);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) lose(last_error());
    return;
  }
  if (got == 0) return lose("closed by Redis");
  reader_.feed({bytes, static_cast<std::size_t>(got)});
  while (!closed_) {
    auto reply = reader_.next();
    if (!reply) break;
    listener_.reply(*std::move(reply));
  }
  if (!closed_ && !reader_.error().empty()) lose(reader_.error());
}

}  // namespace gateway::backbone
