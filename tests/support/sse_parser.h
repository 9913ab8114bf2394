// What: an event-stream parser that does exactly what WHATWG HTML §9.2.6 says a browser does, to
// read back what the encoder writes. Fed in pieces of any size. Works on bytes: what a browser
// decodes as UTF-8 stays as it is. Owner and thread: the test's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::test {

/// What an EventSource would dispatch.
struct SseEvent {
  std::string type = "message";
  std::string data;
  std::string last_event_id;
  friend bool operator==(const SseEvent&, const SseEvent&) = default;
};

class SseParser {
 public:
  /// The events that `bytes` complete.
  std::vector<SseEvent> feed(std::string_view bytes);

  /// The last event ID string: what a reconnect would send.
  const std::string& last_event_id() const { return last_event_id_; }
  /// The reconnection time in ms, once the stream has set it.
  std::optional<std::uint64_t> retry() const { return retry_; }
  /// The comment lines so far, without the colon. A browser ignores them.
  const std::vector<std::string>& comments() const { return comments_; }
  /// Field names so far that mean nothing to a browser: an honest encoder writes none.
  const std::vector<std::string>& unknown_fields() const { return unknown_fields_; }
  /// Something waits for the rest of its line or for its blank line; at the end of the stream it is
  /// discarded.
  bool incomplete() const { return !line_.empty() || !data_.empty() || !type_.empty(); }

 private:
  void end_line(std::vector<SseEvent>& events);
  void field(std::string_view name, std::string_view value);
  void dispatch(std::vector<SseEvent>& events);

  std::string line_;
  bool at_start_ = true;  // of the stream: a byte order mark may come
  bool after_cr_ = false;
  std::string data_;  // the data buffer
  std::string type_;  // the event type buffer
  std::string id_;    // the last event ID buffer
  std::string last_event_id_;
  std::optional<std::uint64_t> retry_;
  std::vector<std::string> comments_;
  std::vector<std::string> unknown_fields_;
};

}  // namespace gateway::test
