// What: timers as an injected interface, so that a room can wait without knowing an event loop and
// a test can turn the clock by hand. Owner: whoever holds the Timer; destroying it cancels. Thread:
// a Timers object and its timers belong to one thread.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"

namespace gateway::base {

/// One re-armable one-shot timer. Destruction cancels it. It never fires inside `arm`.
class Timer {
 public:
  virtual ~Timer() = default;
  /// Fires once, `delay` (≥ 0) from now; replaces an earlier arming.
  virtual void arm(Duration delay) = 0;
  virtual void cancel() = 0;
  virtual bool armed() const = 0;
};

class Timers {
 public:
  virtual ~Timers() = default;
  /// A disarmed timer that calls `fire` on the owner's thread. `fire` may destroy the timer.
  virtual std::unique_ptr<Timer> make(std::function<void()> fire) = 0;
  virtual const Clock& clock() const = 0;
};

}  // namespace gateway::base
