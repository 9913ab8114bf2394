// What: something that another thread may ask to take a turn soon. Thread: `wake` is safe from any
// thread, never blocks, and many wakes before the turn are one.
#pragma once

namespace gateway::base {

class Wakeable {
 public:
  virtual ~Wakeable() = default;
  virtual void wake() = 0;
};

}  // namespace gateway::base
