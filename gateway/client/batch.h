// What: events that wait to be published, in order, and the body that the next POST takes. A POST
// publishes all of its events or none, so what was refused may come again in smaller parts: the
// parts halve until what is wrong stands alone, and what stood before it is published. Owner and
// thread: the publisher's. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::client {

class Batch {
 public:
  /// Half of what a gateway takes by default (limits.body_bytes), for one that takes less and so
  /// that a refused part costs little. A larger event goes alone.
  static constexpr std::size_t kBodyBytes = 256 * 1024;
  static constexpr std::size_t kEventsMax = 500;

  /// Each event goes to all of `boards`, with the type `event` unless that is empty, and with a key
  /// of `keys` and its line: the same in whatever part it is sent, and however often.
  Batch(const std::vector<std::string>& boards, const std::string& event, const std::string& keys);

  /// Adds an event with this data, from this line of the input (0: it is from none). No two events
  /// are of one line.
  void add_text(std::string_view data, std::uint64_t line);
  /// The same; `value` is one JSON value, white space around it allowed.
  void add_json(std::string_view value, std::uint64_t line);

  bool empty() const { return events_.empty(); }
  /// How many events the next body has; 0 when none waits.
  std::size_t part() const;
  /// They, as a JSON array; a single one as it is, so that an error names no index.
  std::string body() const;
  /// "line 7", "lines 7 to 9", "the event".
  std::string part_name() const;

  /// The part was published.
  void accepted();
  /// The part was refused whole: makes the next one half as large. False if it was a single event.
  bool halve();

 private:
  struct Event {
    std::uint64_t line;
    std::string json;
  };

  std::string opening_;  // {"boards":[…],"key":"…
  std::deque<Event> events_;
  std::size_t part_max_ = kEventsMax;
};

}  // namespace gateway::client
