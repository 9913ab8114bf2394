#include "net/listener.h"

#include <sys/resource.h>

#include <algorithm>
#include <vector>

#include "net/socket_address.h"
#include "net_world.h"

namespace gateway::net {
namespace {

/// Descriptors until there are no more.
class FdHog {
 public:
  FdHog() {
    rlimit limit{};
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    before_ = limit;
    limit.rlim_cur = 256;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    for (int fd = ::dup(STDOUT_FILENO); fd >= 0; fd = ::dup(STDOUT_FILENO)) held_.emplace_back(fd);
    EXPECT_EQ(errno, EMFILE);
  }
  ~FdHog() {
    held_.clear();
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0);
  }
  FdHog(const FdHog&) = delete;
  FdHog& operator=(const FdHog&) = delete;
  void release() { held_.clear(); }

 private:
  rlimit before_{};
  std::vector<Fd> held_;
};

class ListenerTest : public NetWorld {
 protected:
  using Listeners = std::vector<std::unique_ptr<Listener>>;

  base::Result<Listeners> open(const std::string& host, std::uint16_t port = 0) {
    return listen(loop_, {Scheme::http, host, port}, Role::traffic, listener_counters_,
                  [this](Accepted accepted) { accepted_.push_back(std::move(accepted)); });
  }

  /// A connection attempt; the fd is empty when it was refused.
  static Fd dial(const char* host, std::uint16_t port) {
    const auto found = resolve({Scheme::http, host, port});
    EXPECT_TRUE(found.ok());
    SocketAddress address = found->front();
    Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int result =
        ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address.storage), address.length);
    return result == 0 ? std::move(fd) : Fd();
  }

  ListenerCounters listener_counters_;
  std::vector<Accepted> accepted_;
};

TEST_F(ListenerTest, LocalhostIsBothLoopbacksOnOnePort) {
  const auto listeners = open("localhost");
  ASSERT_TRUE(listeners.ok()) << listeners.error().message;
  ASSERT_EQ(listeners->size(), 2U);
  const std::uint16_t port = listeners->front()->port();
  EXPECT_NE(port, 0);
  EXPECT_EQ((*listeners)[0]->address(), "http://127.0.0.1:" + std::to_string(port));
  EXPECT_EQ((*listeners)[1]->address(), "http://[::1]:" + std::to_string(port));
  const Fd v4 = dial("127.0.0.1", port);
  const Fd v6 = dial("::1", port);
  ASSERT_TRUE(turn_until([this] { return accepted_.size() == 2; }));
  std::sort(accepted_.begin(), accepted_.end(),
            [](const Accepted& a, const Accepted& b) { return a.peer.text() < b.peer.text(); });
  EXPECT_EQ(accepted_[0].peer.text().substr(0, 10), "127.0.0.1:");
  EXPECT_EQ(accepted_[1].peer.text().substr(0, 6), "[::1]:");
  const int flags = ::fcntl(accepted_[0].fd.get(), F_GETFL);
  EXPECT_NE(flags & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(accepted_[0].fd.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(accepted_[0].scheme, Scheme::http);
  EXPECT_EQ(listener_counters_.accepted.value(), 2U);
}

TEST_F(ListenerTest, AStormIsTakenWhole) {
  const auto listeners = open("127.0.0.1");
  ASSERT_TRUE(listeners.ok());
  std::vector<Fd> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(dial("127.0.0.1", (*listeners)[0]->port()));
  loop_.turn(true);
  EXPECT_LE(accepted_.size(), 64U) << "bounded per turn";
  ASSERT_TRUE(turn_until([this] { return accepted_.size() == 200; }));
}

TEST_F(ListenerTest, ErrorsSayWhatToDo) {
  const auto first = open("127.0.0.1");
  ASSERT_TRUE(first.ok());
  const std::uint16_t port = (*first)[0]->port();
  const auto taken = open("127.0.0.1", port);
  ASSERT_FALSE(taken.ok());
  EXPECT_NE(taken.error().message.find("127.0.0.1:" + std::to_string(port)), std::string::npos);
  EXPECT_NE(taken.error().message.find("taken by another program"), std::string::npos);
  const auto foreign = open("192.0.2.1");
  ASSERT_FALSE(foreign.ok());
  EXPECT_NE(foreign.error().message.find("no such address"), std::string::npos);
  const auto unknown = open("no-such-host.invalid");
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message.find("no-such-host.invalid"), std::string::npos);
}

TEST_F(ListenerTest, ClosingFreesThePort) {
  std::uint16_t port = 0;
  {
    const auto first = open("127.0.0.1");
    ASSERT_TRUE(first.ok());
    port = (*first)[0]->port();
    const Fd client = dial("127.0.0.1", port);
    ASSERT_TRUE(turn_until([this] { return accepted_.size() == 1; }));
    accepted_.clear();  // the server's end closes first: TIME_WAIT stays behind
  }
  EXPECT_FALSE(dial("127.0.0.1", port));
  EXPECT_TRUE(open("127.0.0.1", port).ok());
}

TEST_F(ListenerTest, WhoComesWhileItDoesNotAcceptWaits) {
  const auto listeners = open("127.0.0.1");
  ASSERT_TRUE(listeners.ok());
  (*listeners)[0]->accept(false);
  const Fd client = dial("127.0.0.1", (*listeners)[0]->port());
  EXPECT_TRUE(client) << "the kernel says yes";
  const base::MonoTime before = clock_.now();
  ASSERT_TRUE(turn_until([&] { return clock_.now() - before > std::chrono::milliseconds(50); }));
  EXPECT_TRUE(accepted_.empty());
  (*listeners)[0]->accept(true);
  ASSERT_TRUE(turn_until([this] { return accepted_.size() == 1; }));
}

TEST_F(ListenerTest, WithoutDescriptorsItPausesRefusesAndRecovers) {
  const auto listeners = open("127.0.0.1");
  ASSERT_TRUE(listeners.ok());
  const std::uint16_t port = (*listeners)[0]->port();
  // Everything runs once before: sanitizers need descriptors to look at a type the first time.
  std::vector<Fd> clients;
  clients.push_back(dial("127.0.0.1", port));
  ASSERT_TRUE(turn_until([this] { return accepted_.size() == 1; }));
  accepted_.clear();
  for (int i = 0; i < 3; ++i) clients.push_back(dial("127.0.0.1", port));
  FdHog hog;
  constexpr std::chrono::milliseconds kPause{100};  // of the listener
  const base::MonoTime paused = clock_.now();
  ASSERT_TRUE(turn_until([this] { return listener_counters_.accept_errors.value() >= 1; }));
  EXPECT_TRUE(accepted_.empty());
  EXPECT_EQ(listener_counters_.starved.value(), 1);
  Received got;
  ASSERT_EQ(::fcntl(clients[3].get(), F_SETFL, O_NONBLOCK), 0);
  ASSERT_TRUE(turn_until([&] {
    take(clients[3], got);
    return got.ended || got.was_reset;
  })) << "refused, not left waiting";
  const base::MonoTime before = clock_.now();
  int turns_taken = 0;
  while (clock_.now() - before < std::chrono::milliseconds(60)) {
    loop_.turn(true);
    ++turns_taken;
  }
  EXPECT_LT(turns_taken, 60) << "the tick alone turns the loop: nobody spins";
  const auto pauses = static_cast<std::uint64_t>((clock_.now() - paused) / kPause);
  EXPECT_LE(listener_counters_.accept_errors.value(), 1U + pauses);
  hog.release();
  ASSERT_TRUE(turn_until([this] { return listener_counters_.starved.value() == 0; }))
      << "also when nobody comes";
  const Fd late = dial("127.0.0.1", port);
  ASSERT_TRUE(turn_until([this] { return accepted_.size() == 1; }));
  EXPECT_LT(clock_.now() - before, std::chrono::seconds(1));
}

}  // namespace
}  // namespace gateway::net
