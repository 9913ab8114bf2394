// What: the streams that an operator asks to see: which ones, what is told of each, and the answer
// as JSON. Each worker tells its own first ones, as plain values. Thread: pure functions; a table
// is its worker's.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/stream_id.h"
#include "api/stream_table.h"
#include "base/clock.h"
#include "broker/event_id.h"
#include "broker/options.h"
#include "broker/subscription.h"
#include "http/message.h"

namespace gateway::api {

/// Which streams: the first `limit` of those that lag the most, are the oldest, or read the most
/// boards.
struct StreamSelection {
  enum class Sort : std::uint8_t { lag, age, boards };
  static constexpr std::size_t kLimitMax = 1000;
  Sort sort = Sort::lag;
  std::size_t limit = 50;
};

/// When the streams are looked at.
struct StreamMoment {
  base::MonoTime now{};
  broker::Seq head = 0;  // of the log
  std::size_t held = 0;  // events in the history
};

/// What a stream was not given yet: what waits in its queue and, while it catches up, all that is
/// held behind its position. Not all of that need be its own, so it is a bound, without bytes.
struct StreamLag {
  std::uint64_t events = 0;
  std::optional<std::uint64_t> bytes;
};
StreamLag lag_of(const broker::Subscription& subscription, const StreamMoment& moment);

/// ending: its last block is queued. stalled: something waits, and the socket took nothing for
/// kStalledAfter. The first of these that is true, from the end.
enum class StreamState : std::uint8_t { live, catching_up, stalled, ending };
inline constexpr std::chrono::seconds kStalledAfter{5};

/// The greater comes first; the id makes it total.
struct StreamRank {
  std::uint64_t most = 0;
  std::uint64_t then = 0;
  StreamId id;
  friend auto operator<=>(const StreamRank&, const StreamRank&) = default;
};

struct StreamRow {
  StreamRank rank;
  std::string subject{};  // empty: none
  std::string peer;
  std::string connection;
  http::Protocol protocol = http::Protocol::http2;
  std::vector<std::string> boards;  // the first kBoardsMax
  std::size_t more_boards = 0;
  broker::Format format = broker::Format::plain;
  StreamState state = StreamState::live;
  StreamLag lag;
  broker::EventId position;
  std::chrono::seconds age{0};
  std::chrono::seconds blocked{0};  // since when something waits and the socket takes nothing

  static constexpr std::size_t kBoardsMax = 64;
};

/// One worker's share: its first `limit`, in no order, and how many it has.
struct StreamList {
  std::vector<StreamRow> rows;
  std::uint64_t total = 0;
};

/// One pass over the table, whose streams have all been opened; keeps `limit` of them at a time.
StreamList first_streams(const StreamTable& table, const StreamSelection& selection,
                         const StreamMoment& moment);

/// {"streams":[…],"total":3,"truncated":false} of all workers together.
std::string streams_json(std::vector<StreamList> lists, const StreamSelection& selection);

}  // namespace gateway::api
