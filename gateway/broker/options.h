// What: the bounds and habits of streams and boards, with their defaults. Filled by `config`, read
// by the broker and the subscribe handler. Thread: immutable once the workers run.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gateway::broker {

/// The two wire forms of an event: the publisher's own type and bytes, or one JSON envelope.
enum class Format : std::uint8_t { plain, json };

struct Options {
  /// Events that may wait in a live stream's queue; the stream that needs more ends, reason `slow`.
  std::size_t pending_events = 256;
  /// Silence after which a heartbeat comment is sent.
  std::chrono::milliseconds heartbeat{15'000};
  /// Mean reconnection delay told to streams (`retry:`); each stream draws its own, ± 50 %.
  std::chrono::milliseconds retry{2'000};
  /// A stream that has something to say and whose socket takes none of it for this long is cut.
  std::chrono::milliseconds stall{60'000};
  /// Boards and patterns that one stream may name.
  std::size_t boards_per_stream = 256;
  /// Bytes of events that may wait for the slowest worker (Log::backlog_bytes); while there are
  /// more, publishes are refused. Publishers of that moment may each go beyond it by one batch.
  std::size_t backlog_bytes = std::size_t{64} << 20U;
};

/// Bytes of a board's name, of a pattern (with its '*') and of an event type (UTF-8).
inline constexpr std::size_t kNameBytesMax = 256;
/// Boards that one event may name.
inline constexpr std::size_t kBoardsPerEventMax = 64;
/// Threads that may own a hub: interest is a bit mask.
inline constexpr std::size_t kHubsMax = 64;

}  // namespace gateway::broker
