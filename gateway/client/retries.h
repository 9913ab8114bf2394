// What: until when the same POST is sent again. What was surely not published may go again for as
// long as its user wishes; what was perhaps published only while the gateway surely remembers the
// keys of its events. Owner and thread: the publisher's. No clock of its own.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/clock.h"

namespace gateway::client {

class Retries {
 public:
  /// A gateway remembers keys for two minutes (publish.dedupe_window) from when it took them. What
  /// it may have taken goes again, to its last byte, within this time after it was first sent; the
  /// rest is for whatever holds bytes up on their way.
  static constexpr std::chrono::milliseconds kRemembered{90'000};

  explicit Retries(std::chrono::milliseconds wished) : wished_(wished) {}

  /// One more attempt failed; true if it is the first in a row.
  bool failed(base::MonoTime now) {
    const bool first = !failing_since_;
    if (first) failing_since_ = now;
    return first;
  }
  /// An attempt that began at `sent_at` was perhaps taken.
  void doubt(base::MonoTime sent_at) {
    if (!in_doubt_since_) in_doubt_since_ = sent_at;
  }
  bool in_doubt() const { return in_doubt_since_.has_value(); }
  /// None of the attempts was taken.
  void end_doubt() { in_doubt_since_.reset(); }
  /// The attempt succeeded.
  void reset() {
    failing_since_.reset();
    in_doubt_since_.reset();
  }

  /// The next attempt begins at this time at the latest, once one has failed.
  base::MonoTime deadline() const {
    const base::MonoTime wished = failing_since_.value_or(base::MonoTime{}) + wished_;
    return in_doubt_since_ ? std::min(wished, *in_doubt_since_ + kRemembered) : wished;
  }
  /// What an attempt that begins now may take; 0: any time.
  std::chrono::milliseconds time_max(base::MonoTime now) const {
    if (!in_doubt_since_) return std::chrono::milliseconds(0);
    const auto left = *in_doubt_since_ + kRemembered - now;
    return std::max(std::chrono::floor<std::chrono::milliseconds>(left),
                    std::chrono::milliseconds(1));
  }

 private:
  const std::chrono::milliseconds wished_;
  std::optional<base::MonoTime> failing_since_;
  /// When what goes again was first sent without anybody knowing what came of it.
  std::optional<base::MonoTime> in_doubt_since_;
};

}  // namespace gateway::client
