// What: events that other programs wrote into Redis, checked as those that come over HTTP are. Pure
// functions. Thread: any.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backbone/redis_reply.h"
#include "base/result.h"
#include "broker/event.h"

namespace gateway::backbone {

/// The event of this text, published to this channel, which is `channels` and a board's name; the
/// error says what is wrong with it, without its data. `data_max` in bytes.
base::Result<broker::Draft> read_inbox_message(std::string_view channels, std::string_view channel,
                                               std::string_view data, std::size_t data_max);

struct InboxEntry {
  std::string id;
  base::Result<broker::Draft> draft;
  std::size_t bytes = 0;  // of its texts
};
/// Of entries as XREADGROUP and XAUTOCLAIM give them: fields board (may repeat) and data, and
/// perhaps event and key. Those that were deleted meanwhile are left out.
std::vector<InboxEntry> read_inbox_entries(const RedisReply& entries, std::size_t data_max);

}  // namespace gateway::backbone
