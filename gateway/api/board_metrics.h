// What: series of single boards for /metrics: of those that most streams read, how many streams
// that are and how many events were published to it. The workers are asked twice: which boards most
// of their own streams read, and, when the first of all these were chosen, how many read each. So
// what is told of a board is whole, and neither the questions nor the answer grow with the number
// of boards that somebody has made up. Owner: none, functions only. Thread: the worker's.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "api/fleet.h"
#include "broker/hub.h"
#include "broker/log.h"

namespace gateway::api {

/// One worker's answer where the question has names.
BoardCounts count_boards(const broker::Hub& hub, const std::vector<std::string>& names);

/// The names with the greatest sums of what the workers have told, `most` at most, in byte order.
std::vector<std::string> most_read(const std::vector<BoardCounts>& told, std::size_t most);

struct BoardSample {
  std::string name;  // of a board, or a pattern's text
  std::uint64_t streams = 0;
  std::uint64_t events = 0;  // 0: not known
};
/// In the Prometheus text format (0.0.4), in which any name is a label's value.
std::string board_metrics_text(const std::vector<BoardSample>& samples);

/// Calls `done` with the text for `most` boards, once, on the calling worker's loop and never
/// inside the call. `fleet` and `log` outlive that.
void gather_board_metrics(Fleet& fleet, const broker::Log& log, std::size_t most,
                          std::function<void(std::string)> done);

}  // namespace gateway::api
