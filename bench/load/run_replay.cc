// The half of Run that lets streams return into a live load.
#include <algorithm>

#include "load/common.h"
#include "load/run.h"

namespace bench {

/// Gives every board the events that the returning streams will have missed.
void Run::prepare_replay() {
  if (plan_.replay_connections == 0) return;
  connect(returning_);
  past_.number = plan_.rate * (2 * plan_.warmup + plan_.seconds) / 2 / plan_.boards;
  live_.keep_ids(past_);
  publisher_.preload(plan_.replay_events);
  const auto over = [this] {
    return publisher_.done(now_ns()) &&
           live_.checker.tally.delivered + live_.checker.tally.skipped >= publisher_.expected();
  };
  if (!wait_until(over, kPatience)) die("the events to be replayed did not arrive");
}

/// The streams return; what is due until they have what they missed counts apart.
void Run::begin_replay() {
  replay_from_ = now_ns();
  live_.checker.apart_from = replay_from_;
  replay_goal_ = owed(returning_, past_.number + 1);
  const auto unknown = std::count(past_.ids.begin(), past_.ids.end(), "");
  if (unknown > 0) die("the events have no id to return with");
  returning_.open(0, plan_.replay_streams, &past_);
}

void Run::note_replayed() {
  const bool back = returning_.checker.tally.delivered >= replay_goal_;
  if (replay_from_ == 0 || !back || result_.replay.seconds > 0) return;
  result_.replay.seconds = static_cast<double>(now_ns() - replay_from_) / 1e9;
  live_.checker.apart_to = now_ns();
}

std::uint64_t Run::owed(const Group& group, std::uint64_t from) const {
  std::uint64_t sum = 0;
  for (std::uint64_t board = 0; group.streams() > 0 && board < plan_.boards; ++board) {
    sum += group.readers(board) * (publisher_.numbered(board) - from);
  }
  return sum;
}

}  // namespace bench
