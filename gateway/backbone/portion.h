// What: how many of something to ask Redis for at a time, where their sizes show only when they are
// there: too many at once come too late, or are more than is taken, and that costs the connection.
// Thread: a pure function.
#pragma once

#include <algorithm>
#include <cstddef>

namespace gateway::backbone {

/// What one portion comes to, about.
inline constexpr std::size_t kPortionBytes = std::size_t{1} << 20U;

/// After `last` (at least 1) were asked for, and what came was of `each` bytes in the mean: 1 to
/// `max` (at least 1), and no more than twice as many, for the next ones may be larger.
constexpr std::size_t next_portion(std::size_t last, std::size_t each, std::size_t max) {
  return std::clamp<std::size_t>(kPortionBytes / (each + 1), 1, std::min(2 * last, max));
}

}  // namespace gateway::backbone
