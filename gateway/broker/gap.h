// What: events that a stream may have missed, as boardcast.gap tells them. Pure functions. Thread:
// any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/event_id.h"

namespace gateway::broker {

/// Names in one boardcast.gap; of more, only the number is told.
inline constexpr std::size_t kGapNamesMax = 64;

enum class GapReason : std::uint8_t {
  trimmed,   // the position is older than what is held
  epoch,     // the log of the position is gone
  unknown,   // no position of ours
  slow,      // the reader was slower than the history lasts
  backbone,  // this node was cut off from the shared log, which forgot them meanwhile
};
std::string_view to_string(GapReason reason);

/// Events in (after, upto] of these boards may be missing.
struct Gap {
  GapReason reason = GapReason::trimmed;
  std::optional<EventId> after;  // unknown: nothing
  EventId upto;
  std::vector<std::string_view> boards;  // or patterns; views into the stream's filter
};

/// The block of stream text, without an id.
std::string to_block(const Gap& gap);

}  // namespace gateway::broker
