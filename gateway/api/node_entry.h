// What: what a node tells the others of itself: its counts, with its first boards. Pure functions.
// Thread: any.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/fleet.h"
#include "backbone/nodes.h"

namespace gateway::api {

/// Another node, as it has last told.
struct NodeView {
  std::string node;
  WorkerView counts;
  bool cut = false;  // it has more boards, behind those in `counts`
};

/// Which of a worker's counts go into it.
inline BoardSelection entry_selection() { return {"", 1'000}; }
/// Of all workers together; at most backbone::kEntryBytesMax.
std::string entry_text(const std::vector<WorkerView>& views);
/// Nothing: no node tells this.
std::optional<NodeView> read_entry(const backbone::NodeEntry& entry);

}  // namespace gateway::api
