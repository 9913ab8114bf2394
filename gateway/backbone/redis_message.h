// What: events as they come from Redis: the messages of its channel, which are
//
//   events <epoch> <seq of the first> <milliseconds>\n   and for each event four sized texts:
//                                                        boards (by line feeds), type, kind, data
//   epoch <epoch>\n                                       another one begins
//
// where a sized text is its length in bytes, a colon and the bytes; and the entries of its stream.
// Both may be written by others, so nothing in them is believed. Pure functions. Thread: any.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "backbone/redis_reply.h"
#include "broker/event.h"
#include "broker/event_id.h"
#include "broker/log.h"

namespace gateway::backbone {

struct RedisMessage {
  broker::Epoch epoch = 0;
  std::vector<broker::Log::Placed> events;  // with dense seqs; empty: the epoch begins
};
/// Nothing: no message of ours.
std::optional<RedisMessage> read_message(std::string_view text);

/// A portion of the stream.
struct RedisEntries {
  broker::Epoch epoch = 0;                  // of all of them
  std::vector<broker::Log::Placed> events;  // with increasing seqs
  broker::Seq upto = 0;                     // of the last entry, also when it is no event; 0: none
  std::size_t bytes = 0;                    // of all texts
};
/// Of an EXEC's answer [epoch, entries, TIME]. Nothing: it is none.
std::optional<RedisEntries> read_entries(const RedisReply& reply);

}  // namespace gateway::backbone
