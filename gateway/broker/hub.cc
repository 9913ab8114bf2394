#include "broker/hub.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "broker/sse.h"

namespace gateway::broker {
namespace {

using std::chrono::milliseconds;

milliseconds tick_for(const Options& options) {
  const milliseconds shortest = std::min(options.heartbeat, options.stall);
  BC_CHECK(shortest.count() > 0, options.heartbeat.count(), options.stall.count());
  return std::clamp(shortest / 8, milliseconds(1), milliseconds(250));
}

}  // namespace

// The blocks made so far for what is being spread: each form once for all streams of the hub.
struct Hub::Forms {
  const EventRef& event;
  std::size_t board = 0;  // the board that the event is read through
  bool latest = false;    // which delivers its latest
  BlockRef plain;
  BlockRef json;
};

struct Hub::Heartbeats {
  EventId position;
  BlockRef still;
  BlockRef moved;
};

Hub::Hub(Log& log, base::Wakeable& wakeable, const Options& options, const base::Clock& clock,
         base::Random& random)
    : log_(log),
      options_(options),
      clock_(clock),
      random_(random),
      hub_index_(log.attach(wakeable)),
      filed_by_{options.heartbeat, options.stall},
      tick_(tick_for(options)),
      turn_(clock.now()),
      wheel_(turn_, tick_),
      taken_to_(log.head()) {
  BC_CHECK(options.pending_events > 0);
}

Hub::~Hub() {
  BC_CHECK(counters_.streams.value() == 0, counters_.streams.value());
  log_.detach(hub_index_);
}

std::unique_ptr<Subscription> Hub::subscribe(Subscription::Settings settings,
                                             Subscription::Listener& listener) {
  thread_.check();
  BC_CHECK(telling_ == 0 && !settings.filter.empty(), telling_);
  turn_ = clock_.now();
  settings.filter = filters_.share(std::move(settings.filter));
  auto subscription = std::make_unique<Subscription>(Subscription::Key(), *this,
                                                     std::move(settings), listener, EventId{});
  // Interest first: the head that the log returns with it is the position, whatever this hub's
  // outbox still holds of before.
  subscription->position_ = log_.add(hub_index_, index_.add(*subscription));
  file(*subscription);
  counters_.streams.add(1);
  counters_.streams_opened.add();
  return subscription;
}

void Hub::leave(Subscription& subscription) {
  BC_CHECK(telling_ == 0, telling_);
  if (subscription.crowded_) --crowded_;
  end_replay(subscription);
  const Interest stale = index_.remove(subscription);
  if (!stale.empty()) log_.remove(hub_index_, stale);
  if (subscription.ended_ == EndReason::none && !subscription.stalled_) {
    counters_.streams_ended_client.add();
  }
  counters_.streams.add(-1);
}

void Hub::note_crowd(Subscription& subscription) {
  const bool crowded = subscription.ended_ == EndReason::none && subscription.live() &&
                       subscription.queue_.size() > options_.pending_events / 2;
  if (crowded == subscription.crowded_) return;
  subscription.crowded_ = crowded;
  if (crowded) {
    ++crowded_;
  } else {
    --crowded_;
  }
}

void Hub::pass_break() {
  if (broken_at_ != next_) return;
  broken_at_.reset();
  wheel_.each([this](Subscription& subscription) {
    if (subscription.ended_ != EndReason::none || !subscription.live()) return;
    begin_replay(subscription);
    if (subscription.queue_.empty()) replays_.push_back(*subscription.replay_);
  });
}

void Hub::take_outbox() {
  pass_break();
  if (next_ < taken_.size()) return;
  constexpr std::size_t kKeptEvents = 1024;  // a flood's memory is not kept for ever
  taken_.clear();
  if (taken_.capacity() > kKeptEvents) std::vector<EventRef>().swap(taken_);
  next_ = 0;
  const Log::Taken taken = log_.take(hub_index_, taken_);
  taken_to_ = taken.head;
  broken_at_ = taken.broken_at;
  counters_.events_taken.add(taken_.size());
  pass_break();
}

bool Hub::spread(std::size_t events_max) {
  thread_.check();
  turn_ = clock_.now();
  take_outbox();
  for (; events_max > 0 && next_ < taken_.size(); --events_max) {
    // The blocks hold what is delivered; the event itself is let go at once.
    const EventRef event = std::move(taken_[next_++]);
    spread_event(event);
    // What came while some were left has woken us already: nothing but this look at the outbox
    // would tell of it.
    take_outbox();
  }
  return next_ < taken_.size();
}

void Hub::spread_event(const EventRef& event) {
  Forms forms{event, 0, false, {}, {}};
  for (; forms.board < event->boards().size(); ++forms.board) {
    forms.latest = event->is_latest(forms.board);
    forms.json = BlockRef{};
    index_.visit(event->boards()[forms.board], [&](const SubscriberIndex::Entries& entries) {
      for (const SubscriberIndex::Entry& entry : entries) offer(*entry.subscription, forms);
    });
  }
}

bool Hub::is_full(const Subscription& subscription) const {
  const std::size_t pending = subscription.queue_.size();
  if (pending < options_.pending_events) return false;
  // A heartbeat that still waits in front of the events is none of them.
  return pending > options_.pending_events || subscription.front()->is_event();
}

bool Hub::is_behind(const Subscription& subscription) const {
  if (subscription.queue_.empty() || subscription.active_at_ == turn_) return false;
  // A heartbeat may have come in this very turn.
  return subscription.front()->is_event() || late(subscription.active_at_);
}

void Hub::offer(Subscription& subscription, Forms& forms) {
  const Event& event = *forms.event;
  if (subscription.ended_ != EndReason::none || !subscription.live() ||
      event.id().seq <= subscription.position_.seq ||
      event.id().epoch != subscription.position_.epoch ||
      !subscription.filter_.wants_type(event.type())) {
    return;
  }
  const bool full = is_full(subscription);
  if (forms.latest && (full || is_behind(subscription))) {
    counters_.conflated.add();
    return begin_replay(subscription);
  }
  if (full) {
    counters_.fallen_behind.add();
    if (options_.slow == Slow::close) return subscription.end(EndReason::slow);
    return begin_replay(subscription);
  }
  const Format format = subscription.format_;
  BlockRef& block = format == Format::plain ? forms.plain : forms.json;
  if (!block) {
    block = base::make_intrusive<const Block>(forms.event,
                                              event.form(format, forms.board, counters_.encodings));
  }
  queue_event(subscription, event.id(), block);
}

void Hub::queue_event(Subscription& subscription, EventId id, const BlockRef& block) {
  counters_.deliveries.add();
  subscription.position_ = id;
  subscription.silent_ = false;
  subscription.push(block);
  if (--subscription.limit_left_ == 0) subscription.end(EndReason::limit);
}

EventId Hub::position() const {
  if (next_ >= taken_.size()) return taken_to_;
  // The outbox is in order: what is wanted of before has been spread.
  const EventId next = taken_[next_]->id();
  return {next.epoch, next.seq - 1};
}

bool Hub::beat(std::size_t streams_max) {
  thread_.check();
  turn_ = clock_.now();
  log_.expire();
  take_outbox();
  Heartbeats heartbeats{position(), {}, {}};
  for (; streams_max > 0; --streams_max) {
    Subscription* const due = wheel_.next_due(turn_);
    if (due == nullptr) return false;
    look_at(*due, heartbeats);
  }
  return true;
}

void Hub::look_at(Subscription& subscription, Heartbeats& heartbeats) {
  const base::Duration quiet = turn_ - subscription.active_at_ + tick_ / 2;
  if (subscription.queue_.empty()) {
    // One that catches up and has nothing queued is about to get events.
    if (subscription.ended_ == EndReason::none && subscription.live() &&
        quiet >= options_.heartbeat) {
      queue_heartbeat(subscription, heartbeats);
    }
  } else if (!subscription.stalled_ && quiet >= options_.stall) {
    subscription.stalled_ = true;
    if (subscription.ended_ == EndReason::none) counters_.streams_stalled.add();
    const Telling telling(*this);
    subscription.listener_.stalled();
  }
  file(subscription);
}

void Hub::queue_heartbeat(Subscription& subscription, Heartbeats& heartbeats) {
  BlockRef own;  // of one that has read the log beyond what was spread
  const EventId at = subscription.position_;
  const bool same_log = at.epoch == heartbeats.position.epoch;
  const bool ahead = (!same_log || at.seq > heartbeats.position.seq) && subscription.silent_;
  const bool moved = (same_log && heartbeats.position.seq > at.seq) || subscription.silent_;
  if (moved && !ahead) subscription.position_ = heartbeats.position;
  BlockRef& block = ahead ? own : moved ? heartbeats.moved : heartbeats.still;
  if (!block) {
    block = base::make_intrusive<const Block>(moved ? sse::heartbeat(subscription.position_)
                                                    : sse::heartbeat());
  }
  subscription.silent_ = false;
  const base::MonoTime due = subscription.active_at_ + options_.heartbeat;
  subscription.queue_.shrink();
  counters_.heartbeats.add();
  subscription.push(block);
  if (!late(due)) subscription.active_at_ = due;
}

void Hub::options_changed() {
  thread_.check();
  const Periods periods{options_.heartbeat, options_.stall};
  if (periods == std::exchange(filed_by_, periods)) return;
  turn_ = clock_.now();
  tick_ = tick_for(options_);
  const milliseconds shortest = std::min(periods.heartbeat, periods.stall);
  Wheel::Filed all;
  wheel_.restart(turn_, tick_, all);
  while (Subscription* subscription = all.pop_front()) {
    // Unlike in `file`, what is due was not looked at yet.
    wheel_.file(*subscription, std::max(turn_, subscription->active_at_ + shortest));
  }
}

void Hub::file(Subscription& subscription) {
  // Whichever may come first; a subscription can change from silent to stalled and back in between
  // without telling the wheel.
  const auto next = [&](milliseconds period) {
    const base::MonoTime at = subscription.active_at_ + period;
    return at > turn_ + tick_ / 2 ? at : turn_ + period;
  };
  wheel_.file(subscription, std::min(next(options_.heartbeat), next(options_.stall)));
}

milliseconds Hub::draw_retry() {
  const auto mean = static_cast<std::uint64_t>(options_.retry.count());
  return milliseconds(mean - mean / 2 + random_.below(mean / 2 * 2 + 1));
}

void Hub::count_end(EndReason reason) {
  if (reason == EndReason::limit) counters_.streams_ended_limit.add();
  if (reason == EndReason::slow) counters_.streams_ended_slow.add();
  if (reason == EndReason::drain) counters_.streams_ended_drain.add();
  if (reason == EndReason::kicked) counters_.streams_ended_kicked.add();
  if (reason == EndReason::replaced) counters_.streams_ended_replaced.add();
  if (reason == EndReason::token) counters_.streams_ended_token.add();
  if (reason == EndReason::full) counters_.streams_ended_full.add();
}

BlockRef Hub::end_block(EndReason reason) {
  const std::string json = R"({"reason":")" + std::string(to_string(reason)) + R"("})";
  // Two that take one name from each other for ever shall not do it often.
  constexpr int kReplacedPatience = 30;
  const milliseconds retry = draw_retry() * (reason == EndReason::replaced ? kReplacedPatience : 1);
  return base::make_intrusive<const Block>(sse::retry(retry) + sse::control("boardcast.end", json));
}

bool Hub::tell(Subscription& subscription, std::string text) {
  thread_.check();
  turn_ = clock_.now();
  // As for a barrier: what may still come, the end behind it, finds room.
  const bool room = subscription.queue_.size() < options_.pending_events;
  if (!room || subscription.ended_ != EndReason::none) return false;
  if (subscription.replay_ && subscription.replay_->snapshots) return false;  // not opened yet
  // One that catches up has its turn when what is queued was taken.
  if (subscription.replay_) subscription.replay_->unlink();
  subscription.push(base::make_intrusive<const Block>(std::move(text)));
  return true;
}

void Hub::end_some(double share, EndReason reason) {
  thread_.check();
  turn_ = clock_.now();
  // Every 1/share-th one, beginning anywhere: equal strides end evenly over connections.
  double due = static_cast<double>(random_.below(1U << 20U)) / (1U << 20U);
  wheel_.each([&](Subscription& subscription) {
    if (subscription.ended_ != EndReason::none) return;
    // What it lags behind by was acknowledged: it goes on until the last moment.
    if (!subscription.live() && share < 1) return;
    due += share;
    if (due < 1 && share < 1) return;
    due -= 1;
    subscription.end(reason);
  });
}

}  // namespace gateway::broker
