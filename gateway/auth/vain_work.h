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
  /// Signatures. With OpenSSL 3.0 the dearest takes 0.6 ms (ES384; RSA of 4096 bits 0.07, of 8192
  /// bits 0.3): a burst is at most 0.15 s, and what comes back 15 % of a worker's time.
  static constexpr std::int64_t kBurst = 250;
  static constexpr std::int64_t kPerSecond = 250;

  void charge(std::size_t signatures, base::MonoTime now) {
    full_at_ = std::max(full_at_, now) + kPerOne * static_cast<std::int64_t>(signatures);
  }
  bool exhausted(base::MonoTime now) const { return full_at_ - now >= kPerOne * kBurst; }

 private:
  static constexpr base::Duration kPerOne = base::Duration(std::chrono::seconds(1)) / kPerSecond;
  base::MonoTime full_at_{};  // when the bucket is full again
};

}  // namespace gateway::auth
