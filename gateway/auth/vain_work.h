// What: what signatures that were computed in vain have cost one worker: a token bucket. Whoever
// makes up tokens decides neither how much of the worker's time they take nor that nobody else's
// are looked at for long. Owner and thread: the gate's.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace gateway::auth {

class VainWork {
 public:
  /// Signatures. One takes 0.03 ms (RS256) to 0.4 ms (RSA of 8192 bits): a burst is a tenth of a
  /// second, and what comes back less than a tenth of a worker's time.
  static constexpr std::int64_t kBurst = 1000;
  static constexpr std::int64_t kPerSecond = 500;

  void charge(std::size_t signatures, base::MonoTime now) {
    full_at_ = std::max(full_at_, now) + kPerOne * static_cast<std::int64_t>(signatures);
  }
  bool exhausted(base::MonoTime now) const { return full_at_ - now >= kPerOne * kBurst; }

 private:
  static constexpr base::Duration kPerOne = base::Duration(std::chrono::seconds(1)) / kPerSecond;
  base::MonoTime full_at_{};  // when the bucket is full again
};

}  // namespace gateway::auth
