// The hub's second way to give events to streams: from the log, to those that catch up.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "broker/hub.h"

namespace gateway::broker {
namespace {

/// Index of the first of the event's boards that the stream wants it through; SIZE_MAX: none.
std::size_t board_read(const Filter& filter, const History::Starts* starts, const Event& event) {
  for (std::size_t i = 0; i < event.boards().size(); ++i) {
    const std::string& board = event.boards()[i];
    if (!filter.reads(board)) continue;
    if (starts == nullptr) return i;
    const auto start = starts->find(board);
    if (start == starts->end() || event.id().seq > start->second) return i;
  }
  return SIZE_MAX;
}

GapReason reason_of(const Missing& missing, GapReason usual) {
  return missing.lost ? GapReason::backbone : usual;
}

}  // namespace

Hub::Beginning Hub::begin(Subscription& subscription, const Start& start) {
  thread_.check();
  const EventId now = subscription.position_;
  if (start.kind == Start::Kind::now) {
    const bool snapshots = reads_latest(subscription.filter_);
    if (snapshots) begin_snapshots(subscription, subscription.filter_, {});
    return {std::nullopt, snapshots};
  }
  const bool ours = start.kind == Start::Kind::after && start.id.epoch == now.epoch;
  if (ours && start.id.seq >= now.seq) {
    subscription.position_ = start.id;
    return {};
  }
  subscription.position_ = ours ? start.id : EventId{now.epoch, 0};
  const Missing missing = log_.missing(subscription.filter_, subscription.position_.seq);
  begin_replay(subscription);
  replays_.push_back(*subscription.replay_);
  Told& told = subscription.replay_->told;
  missing.note_each(told, subscription.filter_);
  if (start.kind == Start::Kind::earliest) return {};
  if (start.kind == Start::Kind::last) {
    subscription.replay_->starts = std::make_unique<History::Starts>(
        log_.newest(subscription.filter_, start.count, kLastBoardsMax));
    return {};
  }
  if (ours && missing.names.empty()) return {};

  Gap gap{GapReason::unknown, std::nullopt, {now.epoch, missing.upto}, {}};
  if (start.kind == Start::Kind::after) {
    gap.reason = ours ? reason_of(missing, GapReason::trimmed) : GapReason::epoch;
    gap.after = start.id;
  }
  const std::vector<std::string>& names = subscription.filter_.names();
  if (ours) {
    for (const std::uint32_t name : missing.names) gap.boards.push_back(names[name]);
    missing.note_all(told, subscription.filter_);
  } else {
    gap.boards.assign(names.begin(), names.end());
    told.assign(names.size(), missing.upto);
  }
  count_gap(gap.reason);
  return {std::move(gap)};
}

void Hub::begin_replay(Subscription& subscription) {
  BC_CHECK(subscription.live());
  subscription.replay_ = std::make_unique<Replay>(subscription, kPortion);
  counters_.catching_up.add(1);
  note_crowd(subscription);  // a queue that nothing is spread to need not be waited for
}

void Hub::end_replay(Subscription& subscription) {
  if (subscription.live()) return;
  subscription.replay_.reset();
  counters_.catching_up.add(-1);
}

void Hub::replay(std::size_t streams_max) {
  thread_.check();
  turn_ = clock_.now();
  while (streams_max > 0) {
    Replay* const next = replays_.pop_front();
    if (next == nullptr) break;
    read_.clear();
    refill(next->subscription);
    const std::size_t portions = (read_.size() + kPortion - 1) / kPortion;
    streams_max -= std::clamp<std::size_t>(portions, 1, streams_max);
  }
  read_.clear();  // its room is kept, the events are not
}

// What is new goes into the outbox from the moment the subscription was made, and what is in the
// outbox comes later than all that the log had when it was read; so a stream that is live from the
// head on that this reading met gets each event once.
void Hub::refill(Subscription& subscription) {
  BC_CHECK(!subscription.live() && subscription.queue_.empty(), subscription.queue_.size());
  if (subscription.replay_->snapshots) return refill_snapshots(subscription);
  if (subscription.replay_->backfill) return refill_backfill(subscription);
  Replay& replay = *subscription.replay_;
  // Whoever comes to the log's head with it is live, and needs room for what is new.
  const std::size_t portion_max =
      std::max(kPortion, std::min(8 * kPortion, options_.pending_events / 2));
  const std::size_t portion = std::min({replay.portion, portion_max, options_.pending_events});
  replay.portion = 2 * portion;
  const Log::Step step =
      log_.read(subscription.filter_, subscription.position_.seq, replay.told, portion, read_);
  if (step.epoch != subscription.position_.epoch) return enter_log(subscription, step.epoch);
  if (!step.missing.names.empty()) {
    tell_gap(subscription, {GapReason::slow, subscription.position_, {}, {}}, subscription.filter_,
             step.missing);
    step.missing.note_all(replay.told, subscription.filter_);
  }
  for (const EventRef& event : read_) {
    give_old(subscription, subscription.filter_, replay.starts.get(), event);
    if (subscription.ended_ != EndReason::none) return;
  }
  if (step.upto > subscription.position_.seq) {
    subscription.position_.seq = step.upto;
    subscription.silent_ = true;
  }
  if (step.at_head) {
    end_replay(subscription);
  } else if (subscription.queue_.empty()) {
    replays_.push_back(*subscription.replay_);
  }
}

// The log that its position is of is gone. What the next one had and holds no more is told when
// that is read.
void Hub::enter_log(Subscription& subscription, Epoch epoch) {
  const std::vector<std::string>& names = subscription.filter_.names();
  const Gap gap{GapReason::epoch, subscription.position_, {epoch, 0}, {names.begin(), names.end()}};
  subscription.position_ = gap.upto;
  subscription.silent_ = true;
  subscription.replay_->starts.reset();
  subscription.replay_->told.clear();
  count_gap(gap.reason);
  subscription.push(base::make_intrusive<const Block>(to_block(gap)));
}

void Hub::tell_gap(Subscription& subscription, Gap gap, const Filter& filter,
                   const Missing& missing) {
  gap.upto = {subscription.position_.epoch, missing.upto};
  gap.reason = reason_of(missing, gap.reason);
  for (const std::uint32_t name : missing.names) gap.boards.push_back(filter.names()[name]);
  count_gap(gap.reason);
  subscription.push(base::make_intrusive<const Block>(to_block(gap)));
}

void Hub::give_old(Subscription& subscription, const Filter& filter, const History::Starts* starts,
                   const EventRef& event) {
  const std::size_t board = board_read(filter, starts, *event);
  if (board == SIZE_MAX || !filter.wants_type(event->type())) return;
  counters_.replayed.add();
  queue_event(subscription, event->id(),
              base::make_intrusive<const Block>(
                  event, event->form(subscription.format_, board, counters_.encodings)));
}

void Hub::count_gap(GapReason reason) {
  base::Counter* const counters[] = {&counters_.gaps_trimmed, &counters_.gaps_epoch,
                                     &counters_.gaps_unknown, &counters_.gaps_slow,
                                     &counters_.gaps_backbone};
  counters[static_cast<std::size_t>(reason)]->add();
}

}  // namespace gateway::broker
