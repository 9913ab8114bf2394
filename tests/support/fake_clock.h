// What: both clocks, turned by hand. Owner and thread: the test's.
#pragma once

#include "base/clock.h"

namespace gateway::test {

class FakeClock final : public base::Clock {
 public:
  base::MonoTime now() const override { return now_; }
  base::WallMs wall_ms() const override { return wall_ms_; }

  void advance(base::Duration by) {
    now_ += by;
    wall_ms_ += std::chrono::duration_cast<std::chrono::milliseconds>(by).count();
  }
  /// Wall time may jump; monotonic time never does.
  void set_wall_ms(base::WallMs wall_ms) { wall_ms_ = wall_ms; }

 private:
  base::MonoTime now_{std::chrono::hours(1)};
  base::WallMs wall_ms_ = 784'111'777'000;  // Sun, 06 Nov 1994 08:49:37 GMT
};

}  // namespace gateway::test
