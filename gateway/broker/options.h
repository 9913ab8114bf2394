// What: the bounds and habits of streams and boards, with their defaults. Filled by `config`, read
// by the broker and the subscribe handler. Thread: a plain value. Workers have copies, whose values
// a reload changes between two handlers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gateway::broker {

/// The two wire forms of an event: the publisher's own type and bytes, or one JSON envelope.
enum class Format : std::uint8_t { plain, json };

/// What a reader gets of a board when it is behind, or comes later.
enum class Deliver : std::uint8_t {
  all,     // each event
  latest,  // the newest: it replaces those before it, and nobody misses them
};

/// What is kept of one board for readers that come later or lag behind. Its newest event is kept
/// whatever its bytes.
struct HistoryLimits {
  std::size_t events = 1000;  // 0: nothing; with Deliver::latest always 1
  std::size_t bytes = std::size_t{1} << 20U;
  std::chrono::milliseconds age{300'000};
  Deliver deliver = Deliver::all;
  bool operator==(const HistoryLimits&) const = default;
};

/// What holds for boards of a name, or of a prefix and '*'.
struct BoardRule {
  std::string match;
  HistoryLimits history;
};

struct HistoryOptions {
  HistoryLimits board;
  /// Of all boards together, wire forms and bookkeeping included, by estimate.
  std::size_t total_bytes = std::size_t{256} << 20U;
  std::vector<BoardRule> rules;
};

/// What becomes of a live stream whose reader is slower than its events.
enum class Slow : std::uint8_t {
  gap,    // it continues from the history; what that no longer holds is told as a gap
  close,  // it ends, reason `slow`, and its client resumes
};

struct Options {
  HistoryOptions history;
  Slow slow = Slow::gap;
  /// Events that may wait in a live stream's queue; for the stream that needs more, see `slow`.
  std::size_t pending_events = 256;
  /// Silence after which a heartbeat comment is sent.
  std::chrono::milliseconds heartbeat{15'000};
  /// Mean reconnection delay told to streams (`retry:`); each stream draws its own, ± 50 %.
  std::chrono::milliseconds retry{2'000};
  /// A stream that has something to say and whose socket takes none of it for this long is cut.
  std::chrono::milliseconds stall{60'000};
  /// Boards and patterns that one stream may name, at most kBoardsPerStreamMax.
  std::size_t boards_per_stream = 256;
  /// Bytes of events that may wait for the slowest worker (Log::backlog_bytes); while there are
  /// more, publishes are refused. Publishers of that moment may each go beyond it by one batch.
  std::size_t backlog_bytes = std::size_t{64} << 20U;
};

/// Bytes of a board's name, of a pattern (with its '*') and of an event type (UTF-8).
inline constexpr std::size_t kNameBytesMax = 256;
/// Bytes of an event's key (UTF-8).
inline constexpr std::size_t kKeyBytesMax = 256;
/// Boards and patterns that one stream may name, at any node.
inline constexpr std::size_t kBoardsPerStreamMax = 10'000;
/// Boards that one event may name.
inline constexpr std::size_t kBoardsPerEventMax = 64;
/// Bytes of an event's data, whatever is configured: of the body that it comes in.
inline constexpr std::size_t kDataBytesMax = std::size_t{64} << 20U;
/// Threads that may own a hub: interest is a bit mask.
inline constexpr std::size_t kHubsMax = 64;

}  // namespace gateway::broker
