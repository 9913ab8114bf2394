// What: the two clocks, injected so that tests and simulation own time. Monotonic time drives every
// timer; wall time is informative (event times, dates, certificate and token validity) and may
// jump. Thread: implementations are safe to read from any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace gateway::base {

using Duration = std::chrono::nanoseconds;
/// A point of the injected monotonic clock; the origin is arbitrary.
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// Milliseconds since 1970-01-01 UTC.
using WallMs = std::int64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonoTime now() const = 0;
  virtual WallMs wall_ms() const = 0;
};

/// The machine's own clocks (CLOCK_MONOTONIC, CLOCK_REALTIME).
class SystemClock final : public Clock {
 public:
  MonoTime now() const override;
  WallMs wall_ms() const override;
};

/// IMF-fixdate (RFC 9110 §5.6.7), e.g. "Sun, 06 Nov 1994 08:49:37 GMT".
class HttpDate {
 public:
  /// The text for the second that contains `wall`; cached, so calling it per answer is cheap. The
  /// view lives until the next call. One thread per object.
  const char* text(WallMs wall);

 private:
  std::int64_t second_ = -1;
  char text_[32] = {};
};

}  // namespace gateway::base
