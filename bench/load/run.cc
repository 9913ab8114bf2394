#include "load/run.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <utility>

#include "load/common.h"
#include "load/process.h"

namespace bench {
namespace {

constexpr std::size_t kHandshakes = 64;  // at the same time
constexpr std::int64_t kSlowTick = kSecond / 10;
constexpr std::int64_t kProgressTick = 5 * kSecond;

SSL_CTX* context_for(const Plan& plan, const Target& target) {
  return target.tls ? make_client_context(plan.ca, target.h2) : nullptr;
}

}  // namespace

Run::Run(const Plan& plan)
    : plan_(plan),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      target_(make_target(plan.url, plan.http1)),
      publish_target_(make_target(plan.publish_url, plan.http1)),
      context_(context_for(plan, target_)),
      publish_context_(context_for(plan, publish_target_)),
      live_(plan, {plan.connections, plan.streams}),
      slow_(plan, {plan.slow, plan.streams}),
      returning_(plan, {plan.replay_connections, plan.replay_streams}),
      publisher_(plan, publish_target_, publish_context_) {
  if (epoll_ < 0) die("no epoll");
  live_.checker.latencies = &result_.latencies;
  live_.checker.apart = &result_.replay.live;
  publisher_.count_readers_of(live_);
}

Run::~Run() {
  SSL_CTX_free(context_);
  SSL_CTX_free(publish_context_);
  close(epoll_);
}

const Result& Run::go() {
  for (const auto& connection : publisher_.connections()) watch(*connection);
  wait(plan_.settle);
  result_.memory.before = resident();
  open_all();
  prepare_replay();
  if (plan_.slow > 0) slow_.read_slowly();
  publish();
  finish();
  return result_;
}

void Run::watch(Connection& connection) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.ptr = &connection;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd(), &event) != 0) die("epoll_ctl failed");
}

void Run::connect(Group& group) {
  using State = Connection::State;
  const auto at_most = [&group](std::size_t connecting) {
    return [&group, connecting] {
      return group.connections(State::connecting) <= connecting ||
             group.connections(State::closed) > 0;
    };
  };
  std::uint64_t begun = 0;
  while (Connection* connection = group.connect(target_, context_)) {
    watch(*connection);
    ++begun;
    if (!wait_until(at_most(kHandshakes), kPatience)) break;
  }
  wait_until(at_most(0), kPatience);
  if (const std::uint64_t open = group.connections(State::open); open < begun) {
    die("only " + std::to_string(open) + " of " + std::to_string(begun) +
        " connections could be opened");
  }
}

void Run::open(Group& group, std::uint64_t from, std::uint64_t to) {
  group.open(from, to);
  const Tally& tally = group.checker.tally;
  const std::uint64_t wanted = group.streams() / (to == 1 ? plan_.streams : 1);
  const auto answered = [&] { return tally.opened + tally.refused >= wanted; };
  for (std::uint64_t second = 0; second < kPatience && !wait_until(answered, 1); ++second) {
    group.count_closed();
  }
  if (tally.opened != wanted) {
    die("only " + std::to_string(tally.opened) + " of " + std::to_string(wanted) +
        " streams opened, " + std::to_string(tally.refused) + " were refused");
  }
}

void Run::open_all() {
  std::int64_t begun = now_ns();
  connect(live_);
  result_.connect_seconds = static_cast<double>(now_ns() - begun) / 1e9;
  live_.warm_up();
  const std::uint64_t requests = plan_.requests * plan_.connections;
  const std::uint64_t patience = kPatience + requests / 1000;
  if (!wait_until([&] { return live_.warmed_up() == requests; }, patience)) {
    die("only " + std::to_string(live_.warmed_up()) + " requests were answered");
  }
  open(live_, 0, 1);
  wait(plan_.settle);
  result_.memory.first = resident();
  begun = now_ns();
  if (plan_.streams > 1) open(live_, 1, plan_.streams);
  result_.open_seconds = static_cast<double>(now_ns() - begun) / 1e9;
  wait(plan_.settle);
  result_.memory.all = resident();
  if (plan_.slow == 0) return;
  connect(slow_);
  open(slow_, 0, plan_.streams);
}

void Run::publish() {
  if (plan_.rate == 0 && plan_.window == 0) {
    std::fprintf(stderr, "holding %" PRIu64 " streams\n", live_.streams());
  }
  const std::int64_t begun = now_ns();
  const std::int64_t from = begun + static_cast<std::int64_t>(plan_.warmup) * kSecond;
  const std::int64_t end = from + static_cast<std::int64_t>(plan_.seconds) * kSecond;
  progress_at_ = begun + kProgressTick;
  live_.checker.measure_from = from;
  publisher_.start(begun, end);
  while (now_ns() < from) turn(from);
  measure(end);
}

void Run::measure(std::int64_t end) {
  const Tally& tally = live_.checker.tally;
  const std::int64_t begun = now_ns();
  const std::uint64_t delivered = tally.delivered;
  const std::uint64_t answered = publisher_.accepted;
  const Cpu server = cpu_of(plan_.pids);
  const Cpu own = own_cpu();
  const std::int64_t half = begun + (end - begun) / 2;
  while (!publisher_.done(now_ns()) || now_ns() < end) {
    const bool replay_to_come = plan_.replay_connections > 0 && replay_from_ == 0;
    turn(replay_to_come ? half : end);
    if (replay_to_come && now_ns() >= half) begin_replay();
    note_replayed();
  }
  result_.seconds = static_cast<double>(now_ns() - begun) / 1e9;
  result_.deliveries = tally.delivered - delivered;
  result_.answers = publisher_.accepted - answered;
  result_.server = cpu_of(plan_.pids) - server;
  result_.own = own_cpu() - own;
}

void Run::finish() {
  Tally& live = live_.checker.tally;
  Tally& back = returning_.checker.tally;
  publisher_.tick(now_ns());  // what was due before the end, if this program was late
  result_.expected = publisher_.expected() + plan_.expect * live_.streams();
  result_.replay.expected = owed(returning_, past_.number + 1);
  const auto over = [&] {
    note_replayed();
    return live.delivered + live.skipped >= result_.expected &&
           publisher_.answered() == publisher_.requests() &&
           back.delivered + back.skipped >= result_.replay.expected;
  };
  std::uint64_t before = UINT64_MAX;  // until nothing more comes
  while (!over() && live.delivered + back.delivered != before) {
    before = live.delivered + back.delivered;
    wait_until(over, plan_.quiet);
  }
  // What comes twice comes late: listen a moment longer.
  wait(1);
  for (Group* group : {&live_, &slow_, &returning_}) group->count_closed();
  result_.memory.after = resident();
  result_.events = publisher_.published();
  result_.requests = publisher_.requests();
  result_.accepted = publisher_.accepted;
  result_.refused = publisher_.refused;
  result_.live = live;
  result_.slow = slow_.checker.tally;
  result_.slow_expected = owed(slow_, 0);
  result_.replay.tally = back;
}

void Run::turn(std::int64_t until) {
  std::array<epoll_event, 64> events;
  std::int64_t now = now_ns();
  const std::int64_t next = std::min(until, publisher_.tick(now));
  const std::int64_t rest = std::clamp<std::int64_t>(next - now, 0, kSecond / 100);
  const timespec wait{0, unread_.empty() ? rest : 0};
  const int ready =
      epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
  std::vector<Connection*> due = std::exchange(unread_, {});
  for (int i = 0; i < ready; ++i) {
    due.push_back(static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
  }
  std::sort(due.begin(), due.end());
  due.erase(std::unique(due.begin(), due.end()), due.end());
  for (Connection* const connection : due) {
    if (connection->on_ready()) unread_.push_back(connection);
    publisher_.tick(now_ns());
  }
  now = now_ns();
  if (plan_.slow > 0) read_slow(now);
  if (progress_at_ > 0 && now >= progress_at_) progress(now);
}

void Run::read_slow(std::int64_t now) {
  if (now < slow_read_at_) return;
  slow_read_at_ = now + kSlowTick;
  slow_.read(plan_.slow_bytes * kSlowTick / kSecond);
}

void Run::progress(std::int64_t now) {
  progress_at_ = now + kProgressTick;
  const Tally& tally = live_.checker.tally;
  std::fprintf(stderr, "%" PRIu64 " events, %" PRIu64 " of %" PRIu64 " deliveries, p99 %.2f ms\n",
               publisher_.published(), tally.delivered, publisher_.expected(),
               live_.checker.latencies->percentile_ms(0.99));
}

bool Run::wait_until(const Condition& condition, std::uint64_t seconds) {
  const std::int64_t deadline = now_ns() + static_cast<std::int64_t>(seconds) * kSecond;
  while (!condition()) {
    if (now_ns() > deadline) return false;
    turn(deadline);
  }
  return true;
}

void Run::wait(std::uint64_t seconds) {
  wait_until([] { return false; }, seconds);
}

std::uint64_t Run::resident() const { return resident_bytes(plan_.pids); }

}  // namespace bench
