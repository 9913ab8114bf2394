// What: a worker's answer to a question for boards, all at once: those of the gateway look for it
// in parts. Thread: the test's.
#pragma once

#include "api/board_metrics.h"

namespace gateway::test {

inline api::BoardCounts count_boards(const broker::Hub& hub, const api::BoardQuestion& question) {
  if (question.names) return api::count_boards(hub, *question.names);
  broker::MostRead search = hub.most_read(question.most);
  while (search.go_on()) {
  }
  return search.take();
}

}  // namespace gateway::test
