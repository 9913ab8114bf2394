// How a stream's boards change while it runs: always by a position. All of the old set up to it has
// been queued, then comes a barrier, and behind it the log is read anew for the new set. So nothing
// has to be known of what the outbox holds of boards that come or go.
#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "broker/hub.h"
#include "broker/sse.h"

namespace gateway::broker {
namespace {

/// Views into `names`.
Interest interest_of(const std::vector<std::string>& names) {
  Interest interest;
  for (const std::string& name : names) {
    if (is_pattern(name)) {
      interest.prefixes.push_back(prefix_of(name));
    } else {
      interest.boards.emplace_back(name);
    }
  }
  return interest;
}

void drop(std::vector<std::string_view>& from, const std::vector<std::string_view>& what) {
  const std::set<std::string_view> dropped(what.begin(), what.end());
  std::erase_if(from, [&](std::string_view name) { return dropped.contains(name); });
}

}  // namespace

base::Result<EventId, Hub::ChangeError> Hub::change(Subscription& subscription, Change change) {
  thread_.check();
  turn_ = clock_.now();
  if (subscription.ended_ != EndReason::none) return base::Fail{ChangeError::ended};
  // Room for two barriers and a gap, in front of the end.
  if (subscription.queue_.size() >= options_.pending_events) return base::Fail{ChangeError::behind};
  EventId position = subscription.position_;
  if (subscription.live() && this->position().epoch == position.epoch) {
    position.seq = std::max(position.seq, this->position().seq);
  }
  if (!subscription.live() && (subscription.replay_->backfill || subscription.replay_->snapshots)) {
    return base::Fail{ChangeError::busy};
  }
  if (change.after && change.after->epoch == position.epoch && change.after->seq > position.seq) {
    return base::Fail{ChangeError::too_late};
  }
  // Up to there what is added would be told as complete, and come afterwards.
  const EventId head = log_.head();
  if (change.added && head.epoch == position.epoch && head.seq < position.seq) {
    return base::Fail{ChangeError::ahead};
  }

  exchange_interest(subscription, filters_.share(std::move(change.filter)));
  subscription.position_ = position;
  if (subscription.live()) begin_replay(subscription);
  subscription.replay_->unlink();  // its turn comes when what is queued, a barrier, was taken
  // What was told missing was so of the old set.
  subscription.replay_->told.clear();
  if (change.added && change.after) {
    begin_backfill(subscription, change, position);
  } else if (change.added && reads_latest(*change.added)) {
    begin_snapshots(subscription, *std::move(change.added),
                    barrier(subscription, position, position));
    if (subscription.queue_.empty()) replays_.push_back(*subscription.replay_);
  } else {
    push_barrier(subscription, position, position);
  }
  return position;
}

// The log hears of the new names before the old ones go, so that it never believes that nobody here
// wants what is in both.
void Hub::exchange_interest(Subscription& subscription, Filter next) {
  const Interest wanted = interest_of(next.names());
  log_.add(hub_index_, wanted);
  Interest stale = index_.remove(subscription);
  // Its views look into the old filter, which lives on in `next`.
  std::swap(subscription.filter_, next);
  index_.add(subscription);
  drop(stale.boards, wanted.boards);
  drop(stale.prefixes, wanted.prefixes);
  if (!stale.empty()) log_.remove(hub_index_, stale);
}

void Hub::begin_backfill(Subscription& subscription, Change& change, EventId position) {
  const bool ours = change.after->epoch == position.epoch;
  const EventId after = ours ? *change.after : EventId{position.epoch, 0};
  Missing missing = log_.missing(*change.added, after.seq);
  if (!ours) {  // what another log had of them nobody knows
    missing.names.resize(change.added->names().size());
    std::iota(missing.names.begin(), missing.names.end(), 0U);
  }
  Told told;
  missing.note_all(told, *change.added);
  subscription.replay_->backfill = std::make_unique<Backfill>(
      Backfill{*std::move(change.added), after.seq, position.seq, std::move(told)});
  push_barrier(subscription, after, position);
  if (missing.names.empty()) return;
  tell_gap(subscription, {ours ? GapReason::trimmed : GapReason::epoch, change.after, {}, {}},
           subscription.replay_->backfill->filter, missing);
}

void Hub::refill_backfill(Subscription& subscription) {
  Backfill& backfill = *subscription.replay_->backfill;
  const Log::Step step = log_.read(backfill.filter, backfill.at, backfill.told,
                                   std::min<std::size_t>(kPortion, options_.pending_events), read_);
  const EventId position = subscription.position_;
  if (step.epoch != position.epoch) return leave_backfill(subscription);
  if (!step.missing.names.empty()) {
    tell_gap(subscription, {GapReason::slow, EventId{position.epoch, backfill.at}, {}, {}},
             backfill.filter, step.missing);
    step.missing.note_all(backfill.told, backfill.filter);
  }
  for (const EventRef& event : read_) {
    if (event->id().seq > backfill.upto) break;
    give_old(subscription, backfill.filter, nullptr, event);
    if (subscription.ended_ != EndReason::none) return;
    subscription.position_ = position;  // these events are not of the stream's own order
  }
  backfill.at = step.upto;
  if (backfill.at >= backfill.upto) {
    subscription.replay_->backfill.reset();
    push_barrier(subscription, position, position);
  } else if (subscription.queue_.empty()) {
    replays_.push_back(*subscription.replay_);
  }
}

// The log went away beneath it: what it had yet to give is told, and what is behind the position
// will be when that is read.
void Hub::leave_backfill(Subscription& subscription) {
  const std::unique_ptr<Backfill> backfill = std::move(subscription.replay_->backfill);
  const EventId position = subscription.position_;
  Missing rest{{}, {}, backfill->upto};
  rest.names.resize(backfill->filter.names().size());
  std::iota(rest.names.begin(), rest.names.end(), 0U);
  if (backfill->at < backfill->upto) {
    tell_gap(subscription, {GapReason::epoch, EventId{position.epoch, backfill->at}, {}, {}},
             backfill->filter, rest);
  }
  push_barrier(subscription, position, position);
}

BlockRef Hub::barrier(const Subscription& subscription, EventId id, EventId position) const {
  std::string json = "{\"boards\":[";
  for (const std::string& name : subscription.filter_.names()) {
    if (json.back() != '[') json += ',';
    base::append_json_string(json, name);
  }
  json += "],\"position\":\"" + to_string(position) + "\"}";
  return base::make_intrusive<const Block>(sse::control("boardcast.boards", json, id));
}

void Hub::push_barrier(Subscription& subscription, EventId id, EventId position) {
  subscription.silent_ = id != position;
  subscription.push(barrier(subscription, id, position));
}

}  // namespace gateway::broker
