#include "app/memory_watch.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "app/usage.h"
#include "base/heap.h"
#include "base/log.h"

namespace gateway::app {

MemoryWatch::MemoryWatch(Memory memory, base::MemoryState& state,
                         std::function<void(base::MemoryLevel)> changed)
    : memory_(std::move(memory)), state_(state), changed_(std::move(changed)) {}

void MemoryWatch::look(const Share& share, base::MonoTime now) {
  const base::MemoryLevel next = level(share, now);
  state_ = next;
  // An allocation failed in between, and said so itself.
  if (memory_.reserves_spent() != spent_) state_ = base::MemoryLevel::critical;
  if (const base::MemoryLevel before = std::exchange(told_, next); next != before) {
    cells_.level.set(static_cast<std::int64_t>(next));
    BC_LOG(warn, "memory", {"level", to_string(next)}, {"before", to_string(before)},
           {"used", cells_.used.value()}, {"limit", cells_.limit.value()});
    changed_(next);
  }
  if (now >= next_trim_) trim(now);
}

// The history is apart: it has its own bound, and what it holds is freed by no stream that ends.
base::MemoryLevel MemoryWatch::level(const Share& share, base::MonoTime now) {
  const std::size_t in_use = memory_.in_use();
  const std::size_t used = in_use - std::min(share.history, in_use);
  // Where the history may take nearly all, the rest must not be called full at once.
  const std::size_t limit =
      std::max(share.limit - std::min(share.history_max, share.limit), share.limit / 4);
  cells_.used.set(static_cast<std::int64_t>(used));
  cells_.limit.set(static_cast<std::int64_t>(limit));
  const std::uint64_t spent = memory_.reserves_spent();
  if (spent != std::exchange(spent_, spent)) {
    cells_.exhausted.add();
    critical_until_ = now + kAfterFailure;
    BC_LOG(error, "an allocation failed: the reserve was given up for it", {"in_use", in_use});
  }
  if (!memory_.hold_reserve() || now < critical_until_) return base::MemoryLevel::critical;
  return base::next_level(state_, used, limit);
}

// Each trim goes through the allocator's free lists, whose owners wait meanwhile: seldom, and when
// there is something to gain. What a trim could not give back is not tried for again.
void MemoryWatch::trim(base::MonoTime now) {
  const auto slack = [this] {
    const std::size_t resident = memory_.resident();
    return resident - std::min(memory_.in_use(), resident);
  };
  const std::size_t before = slack();
  slack_ = std::min(slack_, before);
  next_trim_ = now + std::chrono::seconds(1);
  if (before - slack_ < std::max(kTrimSlack, memory_.in_use() / 4)) return;
  memory_.trim();
  slack_ = slack();
  next_trim_ = now + kTrimEvery;
  cells_.trims.add();
  BC_LOG(info, "gave memory back to the system", {"bytes", before - std::min(slack_, before)});
}

MemoryWatch::Memory system_memory(base::MemoryState& state) {
  return {base::heap_bytes, [] { return static_cast<std::size_t>(resident_bytes()); },
          [] { malloc_trim(0); },
          [&state] { return base::heap_hold_reserve(MemoryWatch::kReserveBytes, state); },
          base::heap_reserves_spent};
}

}  // namespace gateway::app
