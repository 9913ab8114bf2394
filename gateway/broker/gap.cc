#include "broker/gap.h"

#include <algorithm>

#include "base/text.h"
#include "broker/sse.h"

namespace gateway::broker {

std::string_view to_string(GapReason reason) {
  switch (reason) {
    case GapReason::trimmed:
      return "trimmed";
    case GapReason::epoch:
      return "epoch";
    case GapReason::unknown:
      return "unknown";
    case GapReason::slow:
      return "slow";
    case GapReason::backbone:
      return "backbone";
  }
  return "";
}

std::string to_block(const Gap& gap) {
  std::string json = "{\"boards\":[";
  const std::size_t listed = std::min(gap.boards.size(), kGapNamesMax);
  for (std::size_t i = 0; i < listed; ++i) {
    if (i > 0) json += ',';
    base::append_json_string(json, gap.boards[i]);
  }
  json += "],\"reason\":\"" + std::string(to_string(gap.reason)) + '"';
  if (gap.after) json += ",\"after\":\"" + to_string(*gap.after) + '"';
  json += ",\"upto\":\"" + to_string(gap.upto) + '"';
  if (gap.boards.size() > listed) json += ",\"more\":" + std::to_string(gap.boards.size() - listed);
  return sse::control("boardcast.gap", json + '}');
}

}  // namespace gateway::broker
