// What: checks deliveries exactly. Opens C connections × S streams over T boards, publishes at a
// fixed rate (open loop: the schedule does not wait for answers), and counts what every stream got:
// nothing lost, repeated or reordered, or the exit code is 1. With --pid it also gives the server's
// CPU time per delivery.
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/checker.h"
#include "client/connection.h"

namespace {

using bench::Checker;
using bench::Connection;
using bench::die;
using bench::now_ns;
using bench::Tally;

struct Plan {
  std::string url = "https://localhost:8443";
  std::string ca = "certs/ca.crt";
  std::string query;  // more of the streams' query, "&format=json"
  std::uint64_t connections = 10;
  std::uint64_t streams = 100;
  std::uint64_t boards = 1;
  std::uint64_t rate = 100;
  std::uint64_t seconds = 10;
  std::uint64_t bytes = 256;
  std::uint64_t pid = 0;
};

constexpr const char* kUsage =
    "usage: deliveries [--url https://localhost:8443] [--ca certs/ca.crt] [--connections 10]\n"
    "  [--streams 100 each] [--boards 1] [--rate 100 events/s] [--seconds 10] [--bytes 256]\n"
    "  [--query '&events=…'] [--pid server, for CPU per delivery]";

Plan parse(int argc, char** argv) {
  Plan plan;
  const std::map<std::string, std::string*> texts{
      {"--url", &plan.url}, {"--ca", &plan.ca}, {"--query", &plan.query}};
  const std::map<std::string, std::uint64_t*> numbers{{"--connections", &plan.connections},
                                                      {"--streams", &plan.streams},
                                                      {"--boards", &plan.boards},
                                                      {"--rate", &plan.rate},
                                                      {"--seconds", &plan.seconds},
                                                      {"--bytes", &plan.bytes},
                                                      {"--pid", &plan.pid}};
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 == argc) die(kUsage);
    if (const auto text = texts.find(name); text != texts.end()) {
      *text->second = argv[i + 1];
    } else if (const auto number = numbers.find(name); number != numbers.end()) {
      *number->second = std::strtoull(argv[i + 1], nullptr, 10);
    } else {
      die(kUsage);
    }
  }
  if (plan.boards == 0 || plan.rate == 0) die(kUsage);
  return plan;
}

/// User and system time of a process so far, in µs (proc(5), fields 14 and 15).
std::uint64_t cpu_us(std::uint64_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::size_t after_name = text.rfind(')');
  if (after_name == std::string::npos) die("no process " + std::to_string(pid));
  const char* at = text.c_str() + after_name + 2;
  for (int field = 3; field < 14; ++field) at = std::strchr(at, ' ') + 1;
  char* end = nullptr;
  const std::uint64_t user = std::strtoull(at, &end, 10);
  const std::uint64_t system = std::strtoull(end, nullptr, 10);
  return (user + system) * 1'000'000 / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
}

/// Counts the answers to publishes.
class Acknowledgement final : public bench::Reader {
 public:
  Acknowledgement(std::uint64_t& accepted, std::uint64_t& refused)
      : accepted_(accepted), refused_(refused) {}
  void on_status(int status) override { status_ = status; }
  void on_data(std::string_view) override {}
  void on_close(std::uint32_t) override { ++(status_ == 200 ? accepted_ : refused_); }

 private:
  std::uint64_t& accepted_;
  std::uint64_t& refused_;
  int status_ = 0;
};

class Run {
 public:
  explicit Run(const Plan& plan)
      : plan_(plan),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        context_(bench::make_client_context(plan.ca)) {
    if (epoll_ < 0) die("no epoll");
    const bench::Target target = bench::parse_target(plan.url);
    for (std::uint64_t i = 0; i <= plan.connections; ++i) {
      connections_.push_back(std::make_unique<Connection>(target, context_));
      epoll_event event{};
      event.events = EPOLLIN | EPOLLOUT | EPOLLET;
      event.data.ptr = connections_.back().get();
      if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_.back()->fd(), &event) != 0)
        die("epoll_ctl");
    }
  }
  ~Run() {
    connections_.clear();
    SSL_CTX_free(context_);
    close(epoll_);
  }

  int go() {
    open_streams();
    const std::uint64_t cpu_before = plan_.pid != 0 ? cpu_us(plan_.pid) : 0;
    const std::int64_t begun = now_ns();
    publish_all(begun);
    const std::uint64_t expected = expected_deliveries();
    wait_until([&] { return tally_.delivered >= expected && accepted_ + refused_ == published_; },
               30);
    // Anything that comes twice comes late: listen a moment longer.
    wait_until([] { return false; }, 1);
    const double seconds = static_cast<double>(now_ns() - begun) / 1e9 - 1;
    const std::uint64_t cpu = plan_.pid != 0 ? cpu_us(plan_.pid) - cpu_before : 0;
    return report(expected, seconds, cpu);
  }

 private:
  Connection& publisher() { return *connections_.back(); }
  std::uint64_t streams() const { return plan_.connections * plan_.streams; }

  void open_streams() {
    std::uint64_t n = 0;
    for (std::uint64_t c = 0; c < plan_.connections; ++c) {
      for (std::uint64_t s = 0; s < plan_.streams; ++s, ++n) {
        const std::string path =
            "/events?boards=bench-" + std::to_string(n % plan_.boards) + plan_.query;
        connections_[c]->get(path, {{"accept", "text/event-stream"}},
                             std::make_unique<Checker>(tally_));
      }
      connections_[c]->run();
    }
    if (!wait_until([&] { return tally_.opened == streams(); }, 60)) {
      die("only " + std::to_string(tally_.opened) + " of " + std::to_string(streams()) +
          " streams opened");
    }
  }

  void publish_all(std::int64_t begun) {
    const std::uint64_t total = plan_.rate * plan_.seconds;
    std::vector<std::uint64_t> next(plan_.boards, 0);
    for (; published_ < total; ++published_) {
      const auto due = begun + static_cast<std::int64_t>(published_ * 1'000'000'000 / plan_.rate);
      while (now_ns() < due) turn((due - now_ns()) / 1'000'000);
      const std::uint64_t board = published_ % plan_.boards;
      std::string body = std::to_string(next[board]++) + " " + std::to_string(due) + " ";
      if (body.size() < plan_.bytes) body.resize(plan_.bytes, 'x');
      publisher().post("/events?board=bench-" + std::to_string(board),
                       {{"content-type", "text/plain"}}, std::move(body),
                       std::make_unique<Acknowledgement>(accepted_, refused_));
      publisher().run();
    }
  }

  std::uint64_t expected_deliveries() const {
    // Board b gets the events b, b + T, …; stream n reads board n mod T.
    std::uint64_t sum = 0;
    for (std::uint64_t b = 0; b < plan_.boards; ++b) {
      const auto share = [&](std::uint64_t all) {
        return (all + plan_.boards - 1 - b) / plan_.boards;
      };
      sum += share(published_) * share(streams());
    }
    return sum;
  }

  /// Waits at most so long, and not at all when that is negative.
  void turn(std::int64_t milliseconds) {
    epoll_event events[64];
    const int wait = static_cast<int>(std::clamp<std::int64_t>(milliseconds, 0, 10));
    const int ready = epoll_wait(epoll_, events, 64, wait);
    for (int i = 0; i < ready; ++i) {
      auto* connection = static_cast<Connection*>(events[i].data.ptr);
      connection->run();
      if (connection->closed()) die("the server closed a connection");
    }
  }

  template <typename Condition>
  bool wait_until(Condition condition, int seconds) {
    const std::int64_t deadline = now_ns() + std::int64_t{seconds} * 1'000'000'000;
    while (!condition()) {
      if (now_ns() > deadline) return false;
      turn(10);
    }
    return true;
  }

  double percentile(double share) {
    if (tally_.latencies_us.empty()) return 0;
    auto& all = tally_.latencies_us;
    const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(all.size() - 1));
    std::nth_element(all.begin(), all.begin() + at, all.end());
    return all[static_cast<std::size_t>(at)] / 1000.0;
  }

  int report(std::uint64_t expected, double seconds, std::uint64_t cpu) {
    const std::uint64_t missing = expected > tally_.delivered ? expected - tally_.delivered : 0;
    std::printf(
        "streams %lu (%lu connections), boards %lu, events %lu (accepted %lu, refused %lu)\n",
        streams(), plan_.connections, plan_.boards, published_, accepted_, refused_);
    std::printf(
        "deliveries %lu of %lu in %.1f s: lost %lu, missing %lu, repeated %lu, reordered %lu, "
        "streams ended %lu, refused %lu\n",
        tally_.delivered, expected, seconds, tally_.lost, missing, tally_.repeated,
        tally_.reordered, tally_.ended, tally_.refused);
    std::printf("latency ms: p50 %.2f  p99 %.2f  max %.2f\n", percentile(0.5), percentile(0.99),
                percentile(1));
    if (plan_.pid != 0 && tally_.delivered > 0) {
      std::printf("server CPU: %.2f s, %.2f us per delivery\n", static_cast<double>(cpu) / 1e6,
                  static_cast<double>(cpu) / static_cast<double>(tally_.delivered));
    }
    const bool exact = tally_.delivered == expected && tally_.lost + tally_.repeated == 0 &&
                       tally_.reordered + tally_.ended + tally_.refused + refused_ == 0;
    std::printf("%s\n", exact ? "exact" : "NOT EXACT");
    return exact ? 0 : 1;
  }

  const Plan plan_;
  const int epoll_;
  SSL_CTX* const context_;
  std::vector<std::unique_ptr<Connection>> connections_;  // the last one publishes
  Tally tally_;
  std::uint64_t published_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace

int main(int argc, char** argv) { return Run(parse(argc, argv)).go(); }
