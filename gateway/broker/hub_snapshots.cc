// What a stream is told of boards that deliver their latest when it comes to read them: the event
// that each holds now, without an id, ahead of the opening or barrier whose position is newer. A
// cut before that id asks for them again.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "broker/hub.h"
#include "broker/sse.h"

namespace gateway::broker {

bool Hub::reads_latest(const Filter& filter) const {
  const HistoryOptions& history = options_.history;
  const auto reads = [&](const BoardRule& rule, const std::string& name) {
    if (rule.history.deliver != Deliver::latest) return false;
    return is_pattern(name) ? overlap(rule.match, name)
                            : &limits_of(history, name) == &rule.history;
  };
  return std::any_of(history.rules.begin(), history.rules.end(), [&](const BoardRule& rule) {
    return std::any_of(filter.names().begin(), filter.names().end(),
                       [&](const std::string& name) { return reads(rule, name); });
  });
}

void Hub::open(Subscription& subscription, std::string before, std::string opening) {
  thread_.check();
  BC_CHECK(subscription.queue_.empty(), subscription.queue_.size());
  turn_ = clock_.now();
  Replay* const replay = subscription.replay_.get();
  if (replay != nullptr) replay->unlink();  // its turn comes when this was taken
  if (replay != nullptr && replay->snapshots) {
    replay->snapshots->last = base::make_intrusive<const Block>(std::move(opening));
  } else {
    before += opening;
  }
  subscription.push(base::make_intrusive<const Block>(std::move(before)));
}

void Hub::begin_snapshots(Subscription& subscription, Filter filter, BlockRef last) {
  if (subscription.live()) begin_replay(subscription);
  subscription.replay_->snapshots = std::make_unique<Snapshots>(
      Snapshots{std::move(filter), subscription.position_.seq, std::move(last)});
}

void Hub::refill_snapshots(Subscription& subscription) {
  Replay& replay = *subscription.replay_;
  Snapshots& snapshots = *replay.snapshots;
  std::vector<History::Value> values;
  const EventId upto{subscription.position_.epoch, snapshots.upto};
  snapshots.at = log_.values(snapshots.filter, snapshots.at, upto,
                             std::min<std::size_t>(kPortion, options_.pending_events), values);
  for (const History::Value& value : values) {
    if (!snapshots.filter.wants_type(value.event->type())) continue;
    counters_.deliveries.add();
    counters_.snapshots.add();
    const std::string_view form =
        value.event->form(subscription.format_, value.board, counters_.encodings);
    subscription.push(base::make_intrusive<const Block>(value.event, sse::without_id(form)));
  }
  if (snapshots.at == snapshots.upto) {
    const BlockRef last = std::move(snapshots.last);
    replay.snapshots.reset();
    subscription.push(last);
  } else if (subscription.queue_.empty()) {
    replays_.push_back(replay);
  }
}

}  // namespace gateway::broker
