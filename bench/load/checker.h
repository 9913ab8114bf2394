// What: reads event streams (WHATWG HTML §9.2, lines that end in LF or CRLF) and checks them
// exactly: each event of the stream's board once, in order. The publisher writes a stamp,
// `~board number due_ns~`, into each event's data; whatever a server wraps around it does not
// matter. An event may come in any pieces. Owner: the run. Thread: one. No allocation in steady
// state: a stream keeps the room for its broken lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load/histogram.h"

namespace bench {

struct Stamp {
  std::uint32_t board = 0;
  std::uint64_t number = 0;
  std::int64_t due_ns = 0;
};
std::string to_string(const Stamp& stamp);

struct EventStream {
  std::uint32_t board = 0;
  bool opened = false;
  bool ended = false;
  bool has_stamp = false;       // of the event being read
  Stamp stamp;                  // valid then
  std::uint64_t expected = 0;   // the next number
  std::string rest;             // the beginning of a line
  std::string* kept = nullptr;  // set: where the id of event `keep` is to be put
  std::string id;               // of the event being read, only with `kept`
};

/// What all streams of a kind add up.
struct Tally {
  std::uint64_t opened = 0;     // status 200
  std::uint64_t refused = 0;    // another status, or an end before it
  std::uint64_t ended = 0;      // opened, and ended before the run did
  std::uint64_t delivered = 0;  // events in their place, gaps before them or not
  std::uint64_t skipped = 0;    // numbers that did not come before a later one did
  std::uint64_t repeated = 0;   // the number before came again
  std::uint64_t reordered = 0;  // an older number
  std::uint64_t strange = 0;    // of another board
};

class Checker {
 public:
  void feed(EventStream& stream, std::string_view bytes, std::int64_t now);
  Tally tally;
  /// Where latencies go of events that were due at `measure_from` or later.
  Histogram* latencies = nullptr;
  std::int64_t measure_from = INT64_MAX;
  /// Apart from them those of events that were due in here.
  Histogram* apart = nullptr;
  std::int64_t apart_from = INT64_MAX;
  std::int64_t apart_to = INT64_MAX;
  std::uint64_t keep = 0;

 private:
  void on_line(EventStream& stream, std::string_view line, std::int64_t now);
  void on_data(EventStream& stream, std::string_view line);
  void count_latency(std::int64_t due, std::int64_t now);
  void on_event(EventStream& stream, std::int64_t now);

  // The stamp read last: an event goes to many streams in a row.
  std::string text_;
  Stamp stamp_;
};

}  // namespace bench
