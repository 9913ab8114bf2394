// Connections on their way to a worker while all places are taken, over real sockets; time stands
// still unless a test moves it. Who opens the gateway's connections in these tests is a proxy whose
// header they do not send, so they are half open.
#include "app/worker.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "app/placement.h"
#include "base/thread_annotations.h"
#include "unit/net/net_world.h"
#include "unit/net/test_certificates.h"

namespace gateway::app {
namespace {

using net::Role;

class StillClock final : public base::Clock {
 public:
  base::MonoTime now() const override { return base::MonoTime(std::chrono::milliseconds(ms_)); }
  base::WallMs wall_ms() const override { return ms_; }
  void advance(std::int64_t ms) { ms_ += ms; }

 private:
  std::atomic<std::int64_t> ms_{3'600'000};
};

class WorkerPlaces : public testing::Test {
 protected:
  static constexpr int kPlaces = 4;

  WorkerPlaces() {
    ::signal(SIGPIPE, SIG_IGN);
    const config::Settings& settings = setup_->settings;
    const WorkerContext context{*backbone_,
                                metrics_,
                                clock_,
                                state_,
                                kicks_,
                                names_,
                                addresses_,
                                clients_,
                                workers_,
                                [] { return std::string("c"); },
                                [this](net::Accepted accepted) { take_back(std::move(accepted)); }};
    workers_.push_back(std::make_unique<Worker>(context, *setup_));
    placement_.reserve_files();
    placement_.use(settings.net);
    workers_[0]->start();
  }
  ~WorkerPlaces() override {
    workers_[0]->stop_and_join();
    backbone_->stop();
  }

  SetupRef read_setup() const {
    auto setup = prepare(
        {folder_.write("a.yaml",
                       "server: {listen: [\"http://127.0.0.1:0\"], proxy_protocol: on, "
                       "proxy_trusted: [127.0.0.0/8]}\nlimits: {connections: 4, half_open: 1}\n")});
    EXPECT_TRUE(setup.ok()) << setup.error().front();
    return *setup;
  }

  /// Its client's side.
  net::Fd offer(Role role = Role::traffic) {
    net::TcpPair pair = net::TcpPair::make();
    placement_.place({std::move(pair.server), net::Scheme::http, role, peer_});
    return std::move(pair.client);
  }
  std::vector<net::Fd> offer(int count, Role role = Role::traffic) {
    std::vector<net::Fd> clients;
    for (int i = 0; i < count; ++i) clients.push_back(offer(role));
    return clients;
  }
  /// All places are taken by those.
  std::vector<net::Fd> silent() {
    std::vector<net::Fd> clients = offer(kPlaces);
    EXPECT_TRUE(until([this] { return half_open() == kPlaces; }));
    return clients;
  }
  static void say(const net::Fd& client, std::string_view text) {
    EXPECT_EQ(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  /// What it gets next; empty: the end.
  static std::string hears(const net::Fd& client) {
    std::string text(4'096, '\0');
    ssize_t got = -1;
    EXPECT_TRUE(until([&] {
      got = ::recv(client.get(), text.data(), text.size(), 0);
      return got >= 0 || errno != EAGAIN;
    }));
    return text.substr(0, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }
  static bool until(const std::function<bool()>& done) {
    for (int i = 0; i < 20'000; ++i) {
      if (done()) return true;
      ::poll(nullptr, 0, 1);  // a millisecond: the worker has a thread of its own
    }
    return false;
  }
  std::int64_t half_open() const { return workers_[0]->connection_counters().half_open.value(); }
  std::uint64_t gave_way() const {
    return workers_[0]->connection_counters().closed_half_open.value();
  }
  std::uint64_t refused() const { return counters_.refused_limit.value(); }

  void take_back(net::Accepted accepted) {
    const base::MutexLock lock(mutex_);
    handed_back_.push_back(std::move(accepted));
  }
  /// As the main thread does with one that a worker hands back.
  bool place_anew() {
    return until([this] {
      const base::MutexLock lock(mutex_);
      if (handed_back_.empty()) return false;
      placement_.place(std::move(handed_back_.front()));
      handed_back_.pop_front();
      return true;
    });
  }

  net::Certificates folder_;  // without any
  StillClock clock_;
  base::SystemRandom random_;
  const SetupRef setup_ = read_setup();
  const std::unique_ptr<backbone::Backbone> backbone_ = backbone::make_memory_backbone(
      clock_, random_, setup_->settings.broker, setup_->settings.backbone);
  const api::Metrics metrics_;
  RunState state_;
  api::Kicks kicks_;
  api::StreamNames names_{setup_->settings.api, clock_};
  net::AddressLimits addresses_{{1, 2}};
  api::ClientLimits clients_{{3, 4}, clock_};
  net::ListenerCounters counters_;
  const net::SocketAddress peer_ = net::resolve({net::Scheme::http, "127.0.0.1", 1})->front();
  base::Mutex mutex_;
  std::deque<net::Accepted> handed_back_ BC_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Worker>> workers_;
  Placement placement_{workers_, counters_, state_, clock_};
};

TEST_F(WorkerPlaces, NobodyStandsBehindWhoWaitsForOne) {
  const std::vector<net::Fd> clients = silent();
  const net::Fd waiting = offer();
  const net::Fd admin = offer(Role::admin);
  say(admin, net::kGet);
  EXPECT_TRUE(hears(admin).starts_with("HTTP/1.1 ")) << "the operator";
  EXPECT_TRUE(placement_.has_waiting());
  EXPECT_EQ(half_open(), kPlaces) << "all may still speak";
}

TEST_F(WorkerPlaces, WhoWaitsGetsTheOneThatIsSilentTooLong) {
  const std::vector<net::Fd> clients = silent();
  const net::Fd waiting = offer();
  clock_.advance(300);
  EXPECT_EQ(hears(clients[0]), "");
  EXPECT_TRUE(until([this] { return !placement_.has_waiting(); }));
  EXPECT_TRUE(until([this] { return workers_[0]->connections() == kPlaces; }));
  EXPECT_EQ(gave_way(), 1U);
}

TEST_F(WorkerPlaces, WhoWaitsGetsOneThatBecomesFree) {
  std::vector<net::Fd> clients = silent();
  const std::vector<net::Fd> waiting = offer(2);
  clients.pop_back();
  ASSERT_TRUE(until([this] { return workers_[0]->connections() == kPlaces - 1 + 2; }));
  placement_.give_places();
  ASSERT_TRUE(place_anew());
  EXPECT_TRUE(until([this] { return half_open() == kPlaces; }));
  placement_.give_places();
  EXPECT_EQ(workers_[0]->waiting(), 1U) << "there was one";
  EXPECT_EQ(workers_[0]->connections(), std::uint64_t{kPlaces} + 1);
  EXPECT_EQ(gave_way() + refused(), 0U);
}

TEST_F(WorkerPlaces, WhoWaitsInVainIsRefusedAndCounted) {
  const std::vector<net::Fd> clients = silent();
  const net::Fd waiting = offer();
  for (const net::Fd& client : clients) say(client, "PROXY TCP4 203.0.113.9 203.0.113.1 5 443\r\n");
  ASSERT_TRUE(place_anew());
  EXPECT_EQ(hears(waiting), "");
  EXPECT_EQ(refused(), 1U);
  EXPECT_EQ(half_open(), 0);
  EXPECT_TRUE(until([this] { return !placement_.has_waiting(); }));
  EXPECT_TRUE(until([this] { return workers_[0]->connections() == kPlaces; }));
}

TEST_F(WorkerPlaces, WhoHasWaitedMayWaitAgainThoughTheQueueIsFull) {
  const std::vector<net::Fd> clients = silent();
  std::vector<net::Fd> waiting;
  while (waiting.size() < 100 && placement_.has_room()) waiting.push_back(offer());
  ASSERT_FALSE(placement_.has_room());
  const std::uint64_t full = workers_[0]->waiting();
  workers_[0]->place_anew(1);
  ASSERT_TRUE(until([&] { return workers_[0]->waiting() == full - 1; }));
  waiting.push_back(offer());
  ASSERT_FALSE(placement_.has_room()) << "somebody else was faster";
  ASSERT_TRUE(place_anew());
  EXPECT_EQ(workers_[0]->waiting(), full + 1);
  EXPECT_EQ(refused(), 0U);
}

TEST_F(WorkerPlaces, TheOperatorsConnectionsTakeNoPlaceInTheQueue) {
  const std::vector<net::Fd> clients = silent();
  const std::vector<net::Fd> admins = offer(40, Role::admin);
  ASSERT_TRUE(until([this] { return workers_[0]->connections() == kPlaces + 40; }));
  EXPECT_TRUE(placement_.has_room());
  const net::Fd waiting = offer();
  EXPECT_EQ(refused(), 0U);
  EXPECT_EQ(workers_[0]->waiting(), 1U);
}

}  // namespace
}  // namespace gateway::app
