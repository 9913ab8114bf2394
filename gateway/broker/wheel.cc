#include "broker/wheel.h"

#include <algorithm>

namespace gateway::broker {

void Wheel::file(Subscription& subscription, base::MonoTime due) {
  const std::int64_t nearest = (due - origin_ + tick_ / 2) / tick_;
  bucket(std::clamp(nearest, next_ + 1, next_ + kBuckets - 1)).push_back(subscription);
}

Subscription* Wheel::next_due(base::MonoTime now) {
  const std::int64_t last = (now - origin_) / tick_;
  // After a long pause one round meets every bucket.
  next_ = std::max(next_, last - kBuckets + 1);
  for (; next_ <= last; ++next_) {
    if (Subscription* due = bucket(next_).pop_front()) return due;
  }
  return nullptr;
}

void Wheel::restart(base::MonoTime origin, base::Duration tick, Filed& out) {
  for (Filed& bucket : buckets_) out.splice(bucket);
  origin_ = origin;
  tick_ = tick;
  next_ = 0;
}

void Wheel::each(const std::function<void(Subscription&)>& visit) {
  for (Filed& bucket : buckets_) {
    Filed met;
    while (Subscription* subscription = bucket.pop_front()) {
      met.push_back(*subscription);
      visit(*subscription);
    }
    bucket.splice(met);
  }
}

}  // namespace gateway::broker
