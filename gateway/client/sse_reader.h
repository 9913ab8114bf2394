// What: an event-stream parser (WHATWG HTML §9.2.6) over bytes as they come, in pieces of any size.
// Works on bytes: what a browser decodes as UTF-8 stays as it is. Bounded: an event that is larger
// than said ends the reading. Owner and thread: whoever reads the stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::client {

/// What an EventSource would dispatch. The views live until the handler returns.
struct SseEvent {
  std::string_view type;  // "message" where the stream names none
  std::string_view data;
};

class SseReader {
 public:
  /// Answers whether to go on.
  using Handler = std::function<bool(const SseEvent&)>;

  /// `event_bytes_max` bounds one line, and the data of one event.
  SseReader(std::size_t event_bytes_max, Handler handler)
      : event_bytes_max_(event_bytes_max), handler_(std::move(handler)) {}

  enum class State { kReading, kStopped, kTooLarge };
  /// Hands on the events that `bytes` complete. After another answer than kReading the rest of
  /// `bytes` was not looked at, and nothing more may be fed.
  State feed(std::string_view bytes);
  /// The stream ended and another one begins: forgets what is incomplete, keeps the last event id.
  void restart();

  /// The last event ID string: what a reconnect sends. Within the handler it is the event's own.
  const std::string& last_event_id() const { return last_event_id_; }
  /// The reconnection time in ms, once the stream has set it.
  std::optional<std::uint64_t> retry() const { return retry_; }

 private:
  State take(std::string_view piece);
  State end_line();
  void field(std::string_view name, std::string_view value);
  State dispatch();

  std::size_t event_bytes_max_;
  Handler handler_;
  std::string line_;
  bool first_line_ = true;  // of the stream: it may begin with a byte order mark
  bool after_cr_ = false;
  std::string data_;  // the data buffer
  std::string type_;  // the event type buffer
  std::string id_;    // the last event ID buffer
  std::string last_event_id_;
  std::optional<std::uint64_t> retry_;
};

}  // namespace gateway::client
