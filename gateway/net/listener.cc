#include "net/listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/log.h"
#include "net/socket_address.h"

namespace gateway::net {
namespace {

/// The kernel cuts this to net.core.somaxconn.
constexpr int kBacklog = 4096;
constexpr int kAcceptsPerWake = 64;
constexpr std::chrono::milliseconds kPause{100};
constexpr std::chrono::seconds kLineEvery{10};
/// Attempts to find a port that is free on every address of a host.
constexpr int kPortAttempts = 20;

struct Bound {
  Fd fd;
  SocketAddress address;
};
struct BindError {
  int number = 0;
  SocketAddress address;
};

bool set_flag(int fd, int level, int name) {
  const int on = 1;
  return ::setsockopt(fd, level, name, &on, sizeof on) == 0;
}

/// The bound and listening socket, or errno.
base::Result<Bound, BindError> bind_one(SocketAddress address) {
  const auto failed = [&address] { return base::Fail{BindError{errno, address}}; };
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failed();
  if (!set_flag(fd.get(), SOL_SOCKET, SO_REUSEADDR)) return failed();
  if (address.family() == AF_INET6 && !set_flag(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY)) {
    return failed();
  }
  auto* raw = reinterpret_cast<sockaddr*>(&address.storage);
  if (::bind(fd.get(), raw, address.length) != 0) return failed();
  if (::listen(fd.get(), kBacklog) != 0) return failed();
  if (::getsockname(fd.get(), raw, &address.length) != 0) return failed();
  return Bound{std::move(fd), address};
}

bool is_missing_address(int error) {
  return error == EADDRNOTAVAIL || error == EAFNOSUPPORT || error == EPROTONOSUPPORT;
}

/// Binds all, on one port. What the machine does not have is left out as long as something stays.
base::Result<std::vector<Bound>, BindError> bind_all(std::vector<SocketAddress> addresses) {
  std::vector<Bound> bound;
  std::optional<BindError> missing;
  for (SocketAddress& address : addresses) {
    if (!bound.empty()) address.set_port(bound.front().address.port());
    base::Result<Bound, BindError> one = bind_one(address);
    if (one.ok()) {
      bound.push_back(std::move(one).value());
    } else if (is_missing_address(one.error().number)) {
      missing = one.error();
    } else {
      return base::Fail{one.error()};
    }
  }
  if (bound.empty() && missing) return base::Fail{*missing};
  return bound;
}

std::string explain(Scheme scheme, const BindError& error) {
  const std::string port = std::to_string(error.address.port());
  std::string text =
      "cannot listen on " + std::string(to_string(scheme)) + "://" + error.address.text() + ": ";
  if (error.number == EADDRINUSE) {
    return text +
           "the port is taken by another program; see which with `ss -ltnp 'sport = :" + port +
           "'`, stop it or choose another port in server.listen or admin.listen";
  }
  if (error.number == EACCES || error.number == EPERM) {
    return text +
           "ports below 1024 need a privilege; choose a higher one, or allow it with "
           "`setcap cap_net_bind_service=+ep` on the program";
  }
  if (is_missing_address(error.number)) {
    return text + "this machine has no such address; choose one that `ip address` shows";
  }
  return text + std::strerror(error.number);
}

Fd open_spare() { return Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool is_exhaustion(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

class SocketListener final : public Listener {
 public:
  struct Setup {
    Scheme scheme;
    Role role;
    ListenerCounters& counters;
    OnAccepted on_accepted;
  };

  SocketListener(loop::EventLoop& loop, Bound bound, Setup setup)
      : loop_(loop),
        setup_(std::move(setup)),
        address_(bound.address),
        fd_(std::move(bound.fd)),
        spare_(open_spare()),
        resume_(loop.make([this] { resume(); })),
        watch_(loop.watch(fd_.get(), [this](bool, bool) { on_readable(); })) {
    watch_->want(true, false);
  }

  ~SocketListener() override { setup_.counters.starved.add(starved_ ? -1 : 0); }

  std::string address() const override {
    return std::string(to_string(setup_.scheme)) + "://" + address_.text();
  }
  std::uint16_t port() const override { return address_.port(); }
  void accept(bool wanted) override {
    wanted_ = wanted;
    if (!resume_->armed()) watch_->want(wanted, false);
    if (wanted && starved_ && !resume_->armed()) resume_->arm(kPause);
  }

 private:
  /// The next waiting connection; without one, errno says why.
  Fd accept_one(SocketAddress& peer) const {
    peer.length = sizeof peer.storage;
    return Fd(::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&peer.storage), &peer.length,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
  }

  void on_readable() {
    for (int i = 0; i < kAcceptsPerWake && wanted_; ++i) {
      SocketAddress peer;
      Fd fd = accept_one(peer);
      if (fd) {
        setup_.counters.accepted.add();
        setup_.on_accepted({std::move(fd), setup_.scheme, setup_.role, peer});
      } else if (is_exhaustion(errno)) {
        pause(errno);
        return;
      } else if (errno == EAGAIN) {
        recovered();
        return;
      }
      // All else (ECONNABORTED, a network error of that one peer; accept(2)) leaves the queue.
    }
  }

  // Level-triggered readiness would spin here: nothing can be accepted until descriptors are free.
  void pause(int error) {
    setup_.counters.accept_errors.add();
    if (!std::exchange(starved_, true)) {
      setup_.counters.starved.add(1);
      tell(error);
    }
    refuse_waiting();
    watch_->want(false, false);
    resume_->arm(kPause);
  }

  // Whether there are descriptors again shows without anybody who waits: accept4 takes one before
  // it looks at its queue. A node that says it is full may be asked for by nobody.
  void resume() {
    watch_->want(wanted_, false);
    if (wanted_) on_readable();
  }

  /// All who waited were accepted.
  void recovered() {
    if (!std::exchange(starved_, false)) return;
    if (!spare_) spare_ = open_spare();
    setup_.counters.starved.add(-1);
    if (std::exchange(told_, false)) {
      BC_LOG(info, "accepting connections again", {"listener", address()});
    }
  }

  // Where descriptors come and go one by one, this begins and ends many times a second.
  void tell(int error) {
    const base::MonoTime now = loop_.clock().now();
    if (now < next_line_) return;
    next_line_ = now + kLineEvery;
    told_ = true;
    BC_LOG(warn, "cannot accept connections, pausing", {"listener", address()},
           {"error", std::strerror(error)});
  }

  // Closing what waits tells those clients now, instead of leaving them without an answer.
  void refuse_waiting() {
    spare_ = Fd();
    for (int i = 0; i < kAcceptsPerWake; ++i) {
      SocketAddress peer;
      if (!accept_one(peer)) break;
    }
    spare_ = open_spare();
  }

  loop::EventLoop& loop_;
  Setup setup_;
  SocketAddress address_;
  Fd fd_;
  Fd spare_;
  bool wanted_ = true;
  bool starved_ = false;
  bool told_ = false;  // the log knows that it is
  base::MonoTime next_line_{};
  std::unique_ptr<base::Timer> resume_;
  std::unique_ptr<loop::FdWatch> watch_;
};

}  // namespace

base::Result<std::vector<std::unique_ptr<Listener>>> listen(loop::EventLoop& loop,
                                                            const ListenAddress& address, Role role,
                                                            ListenerCounters& counters,
                                                            Listener::OnAccepted on_accepted) {
  const base::Result<std::vector<SocketAddress>> resolved = resolve(address);
  if (!resolved) return base::Fail{resolved.error()};
  for (int attempt = 1;; ++attempt) {
    base::Result<std::vector<Bound>, BindError> bound = bind_all(*resolved);
    if (!bound.ok()) {
      const bool unlucky = address.port == 0 && bound.error().number == EADDRINUSE;
      if (unlucky && attempt < kPortAttempts) continue;
      return base::Fail{base::Error{explain(address.scheme, bound.error())}};
    }
    std::vector<std::unique_ptr<Listener>> listeners;
    for (Bound& one : *bound) {
      listeners.push_back(std::make_unique<SocketListener>(
          loop, std::move(one),
          SocketListener::Setup{address.scheme, role, counters, on_accepted}));
    }
    return listeners;
  }
}

}  // namespace gateway::net
