#include "broker/subscription.h"

#include <utility>

#include "base/check.h"
#include "broker/hub.h"

namespace gateway::broker {

std::string_view to_string(EndReason reason) {
  switch (reason) {
    case EndReason::none:
      return "none";
    case EndReason::limit:
      return "limit";
    case EndReason::slow:
      return "slow";
    case EndReason::drain:
      return "drain";
    case EndReason::kicked:
      return "kicked";
    case EndReason::replaced:
      return "replaced";
    case EndReason::token:
      return "token";
    case EndReason::full:
      return "full";
  }
  return "none";
}

Subscription::Subscription(Key, Hub& hub, Settings settings, Listener& listener, EventId position)
    : hub_(hub),
      listener_(listener),
      filter_(std::move(settings.filter)),
      position_(position),
      limit_left_(settings.limit),
      active_at_(hub.turn_),
      format_(settings.format) {}

Subscription::~Subscription() { hub_.leave(*this); }

void Subscription::push(BlockRef block) {
  const bool was_empty = queue_.empty();
  queue_.push(std::move(block), hub_.queue_max());
  hub_.note_crowd(*this);
  if (!was_empty) return;
  active_at_ = hub_.turn_;
  const Hub::Telling telling(hub_);
  listener_.blocks_ready();
}

void Subscription::pop() {
  BC_CHECK(!queue_.empty());
  // A heartbeat that leaves at once does not move the time it was due at, so that the next one
  // comes a whole period after that and lateness does not add up.
  if (queue_.peek(0)->is_event() || hub_.late(active_at_)) active_at_ = hub_.turn_;
  queue_.pop();
  if (crowded_) hub_.note_crowd(*this);
  if (replay_ && queue_.empty()) hub_.replays_.push_back(*replay_);
}

std::string_view Subscription::outcome() const {
  if (ended_ != EndReason::none) return to_string(ended_);
  return stalled_ ? "stalled" : "client";
}

void Subscription::end(EndReason reason) {
  BC_CHECK(reason != EndReason::none);
  if (ended_ != EndReason::none) return;
  ended_ = reason;
  hub_.end_replay(*this);
  if (!stalled_) hub_.count_end(reason);
  push(hub_.end_block(reason));
}

}  // namespace gateway::broker
