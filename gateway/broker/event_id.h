// What: an exact position in the one total order of all events: which log (epoch) and where in it
// (seq). Text form `epoch-seq`, 8 and 12 lower-case hex digits; opaque to clients. Thread: a plain
// value.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::broker {

/// Not 0, which is no log's: it says that there is none.
using Epoch = std::uint32_t;
/// 1, 2, 3, … within an epoch; 0 is the position before the first event. At most kSeqMax.
using Seq = std::uint64_t;
inline constexpr Seq kSeqMax = (Seq{1} << 48U) - 1;

struct EventId {
  Epoch epoch = 0;
  Seq seq = 0;
  friend auto operator<=>(const EventId&, const EventId&) = default;
};

inline constexpr std::size_t kEventIdLength = 21;
std::string to_string(EventId id);
/// Exactly the form above; nothing for any other text.
std::optional<EventId> parse_event_id(std::string_view text);
/// The first part alone.
std::string epoch_text(Epoch epoch);
/// Exactly that, of a log: not 0.
std::optional<Epoch> parse_epoch(std::string_view text);

}  // namespace gateway::broker
