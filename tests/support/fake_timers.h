// What: timers on a clock turned by hand: `advance` fires what is due on the way, in order. Owner
// and thread: the test's; outlives its timers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/timer.h"
#include "support/fake_clock.h"

namespace gateway::test {

class FakeTimers final : public base::Timers {
 public:
  std::unique_ptr<base::Timer> make(std::function<void()> fire) override {
    return std::make_unique<One>(*this, std::move(fire));
  }
  const base::Clock& clock() const override { return clock_; }

  void advance(base::Duration by) {
    const base::MonoTime end = clock_.now() + by;
    while (One* next = first_due(end)) {
      clock_.advance(*std::exchange(next->due, std::nullopt) - clock_.now());
      const std::function<void()> fire = next->fire;  // which may destroy its timer
      fire();
    }
    clock_.advance(end - clock_.now());
  }

 private:
  struct One final : base::Timer {
    One(FakeTimers& its_owner, std::function<void()> to_fire)
        : owner(its_owner), fire(std::move(to_fire)) {
      owner.all_.push_back(this);
    }
    ~One() override { std::erase(owner.all_, this); }
    One(const One&) = delete;
    One& operator=(const One&) = delete;
    void arm(base::Duration delay) override { due = owner.clock_.now() + delay; }
    void cancel() override { due.reset(); }
    bool armed() const override { return due.has_value(); }

    FakeTimers& owner;
    const std::function<void()> fire;
    std::optional<base::MonoTime> due;
  };

  One* first_due(base::MonoTime end) {
    One* first = nullptr;
    for (One* one : all_) {
      if (one->due && *one->due <= end && (first == nullptr || *one->due < *first->due)) {
        first = one;
      }
    }
    return first;
  }

  FakeClock clock_;
  std::vector<One*> all_;
};

}  // namespace gateway::test
