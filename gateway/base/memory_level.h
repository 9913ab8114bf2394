// What: how full the memory is that limits.memory grants, in four levels, and the rule by which one
// follows another. Written by who watches the memory, read by whoever may refuse or end something.
// Thread: pure, and a cell that any thread reads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gateway::base {

enum class MemoryLevel : std::uint8_t {
  normal,
  full,      // 80 %: new streams are refused
  shedding,  // 90 %: streams that lag end, requests with a body are refused
  critical,  // 95 %: nothing is accepted and nothing published
};
std::string_view to_string(MemoryLevel level);

/// The level with `used` bytes of `limit` (> 0). It is left 5 % below where it began, so that it
/// does not flutter.
MemoryLevel next_level(MemoryLevel now, std::size_t used, std::size_t limit);

using MemoryState = std::atomic<MemoryLevel>;

}  // namespace gateway::base
