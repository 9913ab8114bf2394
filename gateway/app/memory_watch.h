// What: looks now and then at how much memory the process uses, of how much it may, and says which
// level that is; gives what is free in the allocator back to the system after a mass close; and
// keeps the reserve for the moment at which an allocation fails. Owner: the supervisor. Thread: the
// main thread's; the cells and the state are read by any.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "base/counter.h"
#include "base/memory_level.h"

namespace gateway::app {

struct MemoryCells {
  base::Gauge used;
  base::Gauge limit;
  base::Gauge level;
  base::Counter trims;
  base::Counter exhausted;
};

class MemoryWatch {
 public:
  static constexpr std::chrono::milliseconds kEvery{100};
  /// Resident memory beyond what is in use, and beyond what there was of it before, from which on
  /// some is given back; also beyond a quarter of what is in use.
  static constexpr std::size_t kTrimSlack = std::size_t{4} << 20U;
  static constexpr std::chrono::seconds kTrimEvery{5};
  /// How long the level is critical at least after an allocation has failed.
  static constexpr std::chrono::seconds kAfterFailure{1};
  static constexpr std::size_t kReserveBytes = std::size_t{8} << 20U;

  /// What it looks at and does; `system_memory` is the process's own.
  struct Memory {
    std::function<std::size_t()> in_use;
    std::function<std::size_t()> resident;
    std::function<void()> trim;
    std::function<bool()> hold_reserve;
    std::function<std::uint64_t()> reserves_spent;
  };
  /// What may be used, and what of it the history holds and may hold, which nobody's closing frees.
  struct Share {
    std::size_t limit = 0;
    std::size_t history = 0;
    std::size_t history_max = 0;
  };

  /// `state` gets the level; `changed` hears of it. What is referred to outlives the watch.
  MemoryWatch(Memory memory, base::MemoryState& state,
              std::function<void(base::MemoryLevel)> changed);

  /// Call about every kEvery.
  void look(const Share& share, base::MonoTime now);
  const MemoryCells& cells() const { return cells_; }

 private:
  base::MemoryLevel level(const Share& share, base::MonoTime now);
  void trim(base::MonoTime now);

  const Memory memory_;
  base::MemoryState& state_;
  const std::function<void(base::MemoryLevel)> changed_;
  MemoryCells cells_;
  base::MonoTime next_trim_{};
  std::size_t slack_ = SIZE_MAX;  // resident beyond what is in use: the least, or after a trim
  base::MonoTime critical_until_{};
  std::uint64_t spent_ = 0;  // reserves, as the log knows
  base::MemoryLevel told_ = base::MemoryLevel::normal;
};

/// `state`: see base::heap_hold_reserve.
MemoryWatch::Memory system_memory(base::MemoryState& state);

}  // namespace gateway::app
