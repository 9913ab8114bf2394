// HTTP/2: any bytes, in any order with time, wakes and sends. The library's memory stays within its
// cap, no send gives more than its room, whoever says that nothing is left has nothing until it
// calls, no deadline stays due, and at the end nothing is left behind.
#include <deque>

#include "fuzz/h2_wire.h"
#include "http/session.h"
#include "support/fake_clock.h"
#include "support/fake_source.h"

namespace gateway::fuzz {
namespace {

/// What an attacker may make one connection's library hold.
constexpr std::int64_t kLibraryBytesMax = std::int64_t{1} << 20U;
constexpr std::size_t kRoomMin = 1024;
constexpr std::size_t kStepsMax = 256;

struct Asked {
  base::WeakPtr<http::Exchange> exchange;
  test::Feed* feed = nullptr;  // of a stream
  bool answered = false;
  bool aborted = false;
};

/// Answers by the second character of the path.
class Server final : public http::Handler {
 public:
  void handle(http::Exchange& exchange) override {
    asked.push_back({exchange.weak(), nullptr, false, false});
    const std::string& path = exchange.request().path;
    if (path.substr(1, 1) != "n") answer(asked.back());
    if (path.substr(1, 1) == "a") abort(asked.back());
  }
  void refuse(http::Exchange& exchange, const http::Refusal& refusal) override {
    exchange.respond({refusal.status, {}, std::string(refusal.detail)});
  }

  void answer(Asked& one) {
    if (one.exchange.get() == nullptr || one.answered || one.aborted) return;
    one.answered = true;
    const std::string kind = one.exchange.get()->request().path.substr(1, 1);
    if (kind != "s" && kind != "a") {
      one.exchange.get()->respond({200, {}, std::string(kind == "l" ? 40'000 : 10, 'x')});
      return;
    }
    feeds.emplace_back().bytes = "data: a\n\n";
    one.feed = &feeds.back();
    one.exchange.get()->respond_stream({200, {}, ""},
                                       std::make_unique<test::FakeSource>(*one.feed));
  }
  void abort(Asked& one) {
    if (one.exchange.get() == nullptr) return;
    one.aborted = true;
    one.exchange.get()->abort();
  }
  void feed(Asked& one, std::size_t bytes, bool end) {
    if (one.feed == nullptr || one.feed->destroyed) return;
    one.feed->bytes.append(bytes, 'y');
    one.feed->end = end;
    if (one.exchange.get() != nullptr) one.exchange.get()->wake();
  }

  std::vector<Asked> asked;
  std::deque<test::Feed> feeds;  // outlive the session and its sources
};

class World final : public http::Session::Host {
 public:
  explicit World(Input& input) : input_(input) {
    options_.max_concurrent_streams = 16;
    options_.header_bytes = 2048;
    options_.header_fields = 16;
    options_.body_bytes = 4096;
    options_.streams_per_connection = input_.below(4) == 0 ? 5 : 0;
    session_ = http::make_h2_session({options_, server_, counters_, clock_, peer_, true}, *this,
                                     clock_.now());
    give(test::kH2Preface);
  }

  void output_ready() override { called_ = true; }

  void live() {
    for (std::size_t i = 0; i < kStepsMax && !input_.empty() && alive_; ++i) {
      step();
      BC_CHECK(counters_.h2_library_bytes.value() <= kLibraryBytesMax,
               counters_.h2_library_bytes.value());
      const auto open = static_cast<std::int64_t>(session_->open_exchanges());
      BC_CHECK(open == counters_.exchanges_open.value() && open <= 16, open);
    }
  }

  void end() {
    constexpr std::size_t kSendsMax = 10'000;
    std::size_t sends = 0;
    while (send(16 * 1024) > 0 || called_) BC_CHECK(++sends < kSendsMax);
    BC_CHECK(wire_.whole());
    if (!alive_) BC_CHECK(!session_->receive("x", clock_.now()));
    session_.reset();
    BC_CHECK(counters_.exchanges_open.value() == 0);
    BC_CHECK(counters_.h2_library_bytes.value() == 0, counters_.h2_library_bytes.value());
    for (const Asked& one : server_.asked) BC_CHECK(one.exchange.get() == nullptr);
    for (const test::Feed& feed : server_.feeds) BC_CHECK(feed.destroyed);
  }

 private:
  void step() {
    switch (input_.below(12)) {
      case 0:
        return receive(input_.take(input_.byte()));
      case 1:
        return receive(frame());
      case 2:
        return receive(request());
      case 3:
        return repeat(frame());
      case 4:
        return pass(std::chrono::milliseconds(std::uint64_t{1} << input_.below(17)));
      case 5:
        return with_one([this](Asked& one) { server_.feed(one, input_.byte() * 97U, false); });
      case 6:
        return with_one([this](Asked& one) { server_.feed(one, 0, true); });
      case 7:
        return with_one([this](Asked& one) { server_.abort(one); });
      case 8:
        return with_one([this](Asked& one) { server_.answer(one); });
      case 9:
        return session_->shut_down();
      case 10:
        return receive(test::h2_frame(test::kH2Settings, 0, 0, {}));
      default:
        send(kRoomMin + input_.byte() * 61U);
    }
  }

  std::string frame() {
    const auto type = static_cast<test::H2FrameType>(input_.below(11));
    const std::uint8_t flags = input_.byte();
    const std::uint32_t id = input_.byte();
    return test::h2_frame(type, flags, id, input_.take(input_.below(64)));
  }
  /// The next stream's: a GET, or a POST whose body is to come.
  std::string request() {
    const std::size_t kind = input_.below(8);
    const std::string path = std::string("/") + "wlsna"[kind % 5];
    const std::uint8_t end = kind < 5 ? test::kH2EndStream : 0;
    next_id_ += 2;
    return test::h2_frame(test::kH2Headers, test::kH2EndHeaders | end, next_id_,
                          test::h2_get_block(path));
  }
  void repeat(const std::string& frame) {
    std::string all;
    for (std::size_t times = std::size_t{1} << input_.below(12); times > 0; --times) all += frame;
    receive(all);
  }

  /// As a connection reads: no more than so much at once, and nothing while it is not wanted.
  void receive(std::string_view bytes) {
    constexpr std::size_t kReadBytes = 16 * 1024;
    for (; !bytes.empty() && alive_; bytes.remove_prefix(std::min(kReadBytes, bytes.size()))) {
      if (!session_->wants_input()) return;
      wire_.from_client(bytes.substr(0, kReadBytes));
      give(bytes.substr(0, kReadBytes));
    }
  }
  void give(std::string_view bytes) { alive_ = session_->receive(bytes, clock_.now()); }

  void pass(std::chrono::milliseconds time) {
    constexpr std::size_t kTimersMax = 1000;
    const base::MonoTime end = clock_.now() + time;
    std::size_t timers = 0;
    while (alive_ && session_->deadline() && *session_->deadline() <= end) {
      clock_.advance(std::max(base::Duration(0), *session_->deadline() - clock_.now()));
      alive_ = session_->advance(clock_.now());
      BC_CHECK(!alive_ || !session_->deadline() || *session_->deadline() > clock_.now());
      BC_CHECK(++timers < kTimersMax);
    }
    clock_.advance(std::max(base::Duration(0), end - clock_.now()));
  }

  std::size_t send(std::size_t room) {
    const bool silent = quiet_ && !called_;
    called_ = false;
    std::vector<char> exact(room);  // a sanitizer sees the first byte beyond
    const std::size_t bytes = session_->send(exact.data(), room);
    BC_CHECK(bytes <= room, bytes, room);
    BC_CHECK(!silent || bytes == 0, bytes);
    quiet_ = !session_->left_over();
    wire_.from_server({exact.data(), bytes});
    return bytes;
  }

  template <typename Do>
  void with_one(const Do& act) {
    const std::size_t which = input_.byte();
    if (!server_.asked.empty()) act(server_.asked[which % server_.asked.size()]);
  }

  Input& input_;
  http::Options options_;
  http::SessionCounters counters_;
  test::FakeClock clock_;
  Server server_;
  http::Peer peer_{"127.0.0.1:40612", "c17", http::Protocol::http2};
  Wire wire_;
  std::uint32_t next_id_ = static_cast<std::uint32_t>(-1);
  bool alive_ = true;
  bool called_ = false;  // since the last `send`
  bool quiet_ = false;   // by the last `send`
  std::unique_ptr<http::Session> session_;
};

void run(std::string_view bytes) {
  Input input(bytes);
  World world(input);
  world.live();
  world.end();
}

const Registration kRegistered("h2", run);

}  // namespace
}  // namespace gateway::fuzz
