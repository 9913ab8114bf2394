// What: how long to wait before the next attempt. The wait doubles with each failure in a row up to
// a cap, and is drawn between half of that and all of it, so that clients that lost the same server
// do not return in step. Owner and thread: whoever retries.
#pragma once

#include <chrono>

#include "base/random.h"

namespace gateway::client {

class Backoff {
 public:
  /// `first` bounds the first wait, `cap` every one; 0 < first ≤ cap.
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds cap, base::Random& random)
      : first_(first), cap_(cap), random_(random) {}

  /// The wait after one more failure.
  std::chrono::milliseconds next();
  /// It worked: the next failure is the first again.
  void reset() { failures_ = 0; }
  /// Another first wait: what the server's `retry:` says. Held between 1 ms and the cap.
  void set_first(std::chrono::milliseconds first);

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds cap_;
  base::Random& random_;
  unsigned failures_ = 0;
};

}  // namespace gateway::client
