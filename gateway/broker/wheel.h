// What: when each subscription is to be looked at next, for heartbeats and stalls: a ring of
// buckets, one per tick, of intrusive lists. Filing and leaving cost O(1) and no memory; a turn of
// the clock costs what is due. Events move nothing here: whoever finds a subscription that was
// active meanwhile files it again. Owner and thread: the hub's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "base/intrusive_list.h"
#include "broker/subscription.h"

namespace gateway::broker {

class Wheel {
 public:
  /// `tick` > 0: the resolution.
  Wheel(base::MonoTime origin, base::Duration tick) : origin_(origin), tick_(tick) {}

  /// `subscription` (not filed) comes out of `next_due` in the tick nearest to `due`; earlier when
  /// that is too far ahead, and not in the tick that is being emptied.
  void file(Subscription& subscription, base::MonoTime due);
  /// The next subscription whose tick has come, now not filed; null when none is left.
  Subscription* next_due(base::MonoTime now);
  using Filed = base::IntrusiveList<Subscription, HeartbeatTag>;
  /// Begins anew with other ticks; all that were filed go to the end of `out`.
  void restart(base::MonoTime origin, base::Duration tick, Filed& out);
  /// Every filed subscription; `visit` files and destroys nothing.
  void each(const std::function<void(Subscription&)>& visit);

 private:
  static constexpr std::int64_t kBuckets = 256;  // 64 s of the largest tick

  Filed& bucket(std::int64_t tick) { return buckets_[static_cast<std::size_t>(tick % kBuckets)]; }

  base::MonoTime origin_;
  base::Duration tick_;
  std::int64_t next_ = 0;  // the first tick whose bucket has not been emptied
  std::array<Filed, kBuckets> buckets_;
};

}  // namespace gateway::broker
