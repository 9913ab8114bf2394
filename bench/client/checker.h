// What: reads one event stream and checks it exactly: every event of its board once, in order, with
// rising ids. The publisher writes `number sent_ns padding` into each event's data. Owner: its
// connection's stream.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/connection.h"

namespace bench {

/// What all checkers of a run add up.
struct Tally {
  std::uint64_t opened = 0;
  std::uint64_t delivered = 0;
  std::uint64_t lost = 0;       // numbers skipped
  std::uint64_t repeated = 0;   // the number before came again
  std::uint64_t reordered = 0;  // an older number or a falling id
  std::uint64_t ended = 0;      // streams that ended before the run did
  std::uint64_t refused = 0;    // status other than 200
  std::vector<std::uint32_t> latencies_us;
};

inline std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

class Checker final : public Reader {
 public:
  explicit Checker(Tally& tally) : tally_(tally) {}
  void on_status(int status) override;
  void on_data(std::string_view data) override;
  void on_close(std::uint32_t error) override;

 private:
  void on_line(std::string_view line);
  void on_event();
  void on_number(std::uint64_t number);

  Tally& tally_;
  std::string rest_;
  std::string id_;
  std::string last_id_;
  std::string type_;
  std::string data_;
  std::uint64_t expected_ = 0;
};

}  // namespace bench
