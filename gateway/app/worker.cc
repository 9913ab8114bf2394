#include "app/worker.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "api/board_metrics.h"
#include "api/stream_admin.h"
#include "api/stream_change.h"
#include "api/subscribe.h"
#include "base/log.h"

namespace gateway::app {
namespace {

/// Events spread in one turn, at most: the sockets take what is queued before more is queued.
constexpr std::size_t kEventsPerTurn = 64;
/// Pieces of 64 old events that streams get in one turn, of which one may take all: live events
/// wait for some 512 of them.
constexpr std::size_t kReplaysPerTurn = 8;
/// Streams that get a heartbeat in one turn: what a thousand of them touch stays in the processor's
/// cache until they are written, and a million that are due at once stop nobody for long.
constexpr std::size_t kBeatsPerTurn = 1024;
/// Streams that are told of the end of their token, or end with it, in one turn: tokens that were
/// made together end together, and an end is a last event, a head of a frame, and soon a request.
constexpr std::size_t kLeasesPerTurn = 256;
/// Streams that end at once when memory is short, see Hub::end_laggiest: what they held shows
/// before the next ones go.
constexpr std::size_t kShedPerBeat = 64;
/// Connections that a turn takes on.
constexpr int kArrivalsPerTurn = 16;
/// How long a portion is held back at most while some stream's queue is crowded.
constexpr std::chrono::milliseconds kPace{25};
constexpr std::uint64_t kConnectionLoad = 32;
constexpr std::chrono::milliseconds kDrainStep{50};

http::Options for_traffic(const config::Settings& settings) {
  http::Options options = settings.http;
  if (settings.auth.mode == auth::Mode::jwt) options.cookie = settings.auth.cookie;
  return options;
}

http::Options for_any_host(http::Options options) {
  options.hosts.clear();
  return options;
}

/// Tells whether one of the workers said yes.
std::function<void(std::vector<bool>)> any(std::function<void(bool)> done) {
  return [done = std::move(done)](const std::vector<bool>& said) {
    done(std::find(said.begin(), said.end(), true) != said.end());
  };
}

}  // namespace

Worker::Rules::Rules(const config::Settings& from)
    : settings(from),
      traffic_http(for_traffic(from)),
      admin_http(for_any_host(from.http)),
      admin_api(api::for_admin(from.api)) {}

Worker::Worker(const WorkerContext& context, const Setup& setup)
    : context_(context),
      rules_(setup.settings),
      portion_(
          std::clamp<std::size_t>(setup.settings.broker.pending_events / 4, 1, kEventsPerTurn)),
      loop_(context.clock),
      backbone_(loop_, context.backbone),
      hub_(context.backbone.log(), loop_, rules_.settings.broker, context.clock, random_),
      gate_(rules_.settings.auth, setup.keys, context.clock, random_),
      leases_(context.clock, context.clients),
      streams_(context.clients),
      traffic_api_(api::make_traffic_api(api_context(rules_.settings.api))),
      admin_api_(api::make_admin_api(api_context(rules_.admin_api))),
      connections_({loop_, rules_.settings.net, rules_.traffic_http, rules_.admin_http, setup.tls,
                    *traffic_api_, *admin_api_, session_counters_, connection_counters_,
                    context.next_connection_id, context.addresses, context.state.half_open_max,
                    &context.state.memory}),
      counts_(loop_, context.workers),
      boards_(loop_, context.workers),
      cuts_(loop_, context.workers),
      changes_(loop_, context.workers),
      lists_(loop_, context.workers) {
  beat_timer_ = loop_.make([this] { beat(); });
  drain_timer_ = loop_.make([this] { drain_step(); });
  pace_timer_ = loop_.make([] {});  // its turn is all that is wanted
  loop_.at_end_of_turn([this] { end_of_turn(); });
}

Worker::~Worker() { BC_CHECK(!thread_.joinable()); }

void Worker::start() {
  loop_.post([this] { beat(); });
  thread_ = std::thread([this] { loop_.run(); });
}

void Worker::add(net::Accepted accepted) {
  ++added_;
  if (accepted.in_place_of_half_open) ++came_to_wait_;
  // std::function wants something copyable.
  auto shared = std::make_shared<net::Accepted>(std::move(accepted));
  loop_.post([this, shared] {
    (shared->in_place_of_half_open ? waiting_ : arrivals_).push_back(std::move(*shared));
  });
}

void Worker::place_anew(std::size_t count) {
  ask([count](Worker& self) {
    for (std::size_t n = 0; n < count && !self.waiting_.empty(); ++n) self.hand_back();
  });
}

void Worker::ask(std::function<void(Worker&)> question) {
  loop_.post([this, question = std::move(question)] { question(*this); });
}

void Worker::use(const Setup& setup) {
  rules_ = Rules(setup.settings);
  hub_.options_changed();
  gate_.use(rules_.settings.auth, setup.keys);
  connections_.use(setup.tls);
}

void Worker::drain(std::chrono::milliseconds over, std::function<void()> done) {
  ask([over, done = std::move(done)](Worker& self) {
    self.drained_ = done;
    self.drain_until_ = self.context_.clock.now() + over;
    self.connections_.shut_down();
    self.drain_timer_->arm(kDrainStep);  // not before this turn's events were spread
  });
}

void Worker::stop_and_join() {
  if (!thread_.joinable()) return;
  loop_.post([this] { connections_.close_all(); });
  loop_.stop();
  thread_.join();
}

std::uint64_t Worker::connections() const {
  return added_ - handed_back_.value() - connection_counters_.closed.value();
}

std::uint64_t Worker::load() const {
  const auto streams = std::max<std::int64_t>(0, hub_.counters().streams.value());
  return static_cast<std::uint64_t>(streams) + kConnectionLoad * connections();
}

api::Context Worker::api_context(const api::Options& options) {
  return {options,         rules_.settings.broker,
          backbone_,       hub_,
          random_,         context_.clock,
          *this,           context_.metrics,
          api_counters_,   streams_,
          context_.kicks,  context_.names,
          gate_,           leases_,
          context_.clients};
}

api::WorkerView Worker::view(const api::BoardSelection& selection) const {
  return {static_cast<std::uint64_t>(hub_.counters().streams.value()),
          static_cast<std::uint64_t>(connection_counters_.open_traffic.value()),
          hub_.streams_by_board(selection.prefix, selection.names_told())};
}

void Worker::gather(const api::BoardSelection& selection, Gathered done) {
  counts_.ask([selection](Worker& other) { return other.view(selection); }, std::move(done));
}

void Worker::count_boards(const api::BoardQuestion& question,
                          std::function<void(std::vector<api::BoardCounts>)> done) {
  boards_.ask_late(
      [question](Worker& other, const auto& tell) {
        if (question.names) return tell(api::count_boards(other.hub_, *question.names));
        other.look_on(std::make_shared<broker::MostRead>(other.hub_.most_read(question.most)),
                      tell);
      },
      std::move(done));
}

// A part of them in each turn.
void Worker::look_on(const std::shared_ptr<broker::MostRead>& search, const TellBoards& tell) {
  if (!search->go_on()) return tell(search->take());
  loop_.post([this, search, tell] { look_on(search, tell); });
}

void Worker::cut(const std::string& connection, std::function<void(bool)> done) {
  cuts_.ask([connection](Worker& other) { return other.connections_.cut(connection); },
            any(std::move(done)));
}

void Worker::list_streams(const api::StreamSelection& selection,
                          std::function<void(std::vector<api::StreamList>)> done) {
  lists_.ask(
      [selection](Worker& other) {
        return api::list_streams(other.api_context(other.rules_.settings.api), selection);
      },
      std::move(done));
}

void Worker::kick(const api::Kick& kick, std::function<void(bool)> done) {
  cuts_.ask([kick](Worker& other) { return other.kick_here(kick); }, any(std::move(done)));
}

bool Worker::kick_here(const api::Kick& kick) {
  return api::end_stream(api_context(rules_.settings.api), kick);
}

void Worker::replace(const api::StreamId& id) {
  for (const auto& worker : context_.workers) {
    worker->ask([id](Worker& other) { other.replace_here(id); });
  }
}

void Worker::replace_here(const api::StreamId& id) { api::end_replaced(streams_, id); }

void Worker::change_stream(const api::StreamId& id, const api::StreamChange& change,
                           std::function<void(std::optional<http::Response>)> done) {
  const auto shared = std::make_shared<const api::StreamChange>(change);
  const auto question = [id, shared](Worker& other, api::ChangeDone tell) {
    other.change_here(id, *shared, std::move(tell));
  };
  changes_.ask_late(question,
                    [done = std::move(done)](std::vector<std::optional<http::Response>> all) {
                      for (std::optional<http::Response>& answer : all) {
                        if (answer) return done(std::move(answer));
                      }
                      done(std::nullopt);
                    });
}

void Worker::change_here(const api::StreamId& id, const api::StreamChange& change,
                         api::ChangeDone done) {
  api::apply(change, id, api_context(rules_.settings.api), std::move(done));
}

// A batch larger than the streams' queues reaches readers that keep up whole: between its portions
// crowded queues get time to empty. One that does not, because its reader takes nothing, is full
// after a few portions and ends; so it holds up the others that often and no longer.
void Worker::end_of_turn() {
  receive_arrivals();
  if (!pace_timer_->armed() || !hub_.crowded()) events_left_ = hub_.spread(portion_);
  hub_.replay(kReplaysPerTurn);
  connections_.flush();
  if (hub_.replaying()) loop_.wake();
  if (!events_left_ || !hub_.crowded()) {
    pace_timer_->cancel();
    if (events_left_) loop_.wake();
  } else if (!pace_timer_->armed()) {
    pace_timer_->arm(kPace);
  }
}

// A flood of connections waits here, as descriptors: each costs a TLS session of 40 KiB and some
// tens of microseconds, and all of them in one turn would hold up everybody.
void Worker::receive_arrivals() {
  for (int n = 0; n < kArrivalsPerTurn && !arrivals_.empty(); ++n) {
    const bool is_taken = connections_.add(std::move(arrivals_.front()));
    BC_CHECK(is_taken);  // it needs nobody's place
    arrivals_.pop_front();
  }
  if (!arrivals_.empty()) loop_.wake();
  serve_waiting();
}

// They are few, see Placement. That one waits no more is told before the one in whose place it
// comes is gone: between the two the supervisor would see a place that nobody has, and give it
// away.
void Worker::serve_waiting() {
  while (!waiting_.empty()) {
    if (connection_counters_.half_open.value() == 0) {
      hand_back();
      continue;
    }
    wait_no_more_.add(1);
    if (!connections_.add(std::move(waiting_.front()))) return wait_no_more_.add(-1);
    waiting_.pop_front();
  }
}

void Worker::hand_back() {
  context_.place(std::move(waiting_.front()));
  waiting_.pop_front();
  wait_no_more_.add(1);
  handed_back_.add();
}

void Worker::beat() {
  context_.names.expire();
  if (memory() >= base::MemoryLevel::shedding) hub_.end_laggiest(kShedPerBeat);
  const bool due = hub_.beat(kBeatsPerTurn);
  const bool over = leases_.expire(hub_, kLeasesPerTurn);
  beat_timer_->arm(due || over ? std::chrono::milliseconds(0) : hub_.heartbeat_tick());
}

void Worker::drain_step() {
  const bool empty =
      arrivals_.empty() && waiting_.empty() && connection_counters_.open_traffic.value() == 0;
  if (empty && hub_.counters().streams.value() == 0) {
    if (drained_) std::exchange(drained_, nullptr)();
    return;
  }
  // What was acknowledged goes out before a stream ends.
  if (!events_left_) {
    const base::Duration left = drain_until_ - context_.clock.now();
    const double steps = std::max(1.0, static_cast<double>(left.count()) /
                                           static_cast<double>(base::Duration(kDrainStep).count()));
    hub_.end_some(1.0 / steps, broker::EndReason::drain);
  }
  drain_timer_->arm(kDrainStep);
}

}  // namespace gateway::app
