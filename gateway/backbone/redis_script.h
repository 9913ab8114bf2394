// What: the script's call and its answer, as gateway/backbone/redis_publish.lua describes them.
// Pure functions. Thread: any.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backbone/backbone.h"
#include "backbone/redis_names.h"
#include "backbone/redis_reply.h"
#include "base/clock.h"
#include "broker/event.h"
#include "broker/event_id.h"
#include "broker/options.h"

namespace gateway::backbone {

extern const char* const kPublishScript;

/// What Redis is to keep.
struct RedisKeeping {
  std::size_t events = 0;
  std::size_t bytes = 0;
  std::chrono::milliseconds age{0};
  std::chrono::milliseconds window{0};  // of keys; zero: keys mean nothing
  std::size_t latest_bytes = 0;
};
/// As the script takes it, with the boards of `history` that deliver their latest.
std::string keep_word(const RedisKeeping& keeping, const broker::HistoryOptions& history);
/// The same, but it counts only where nobody has said what to keep.
std::string keep_hint(const std::string& word);
/// For an operator: in what `there`, which another program may have written, differs from `here`,
/// by the names of configuration keys. Empty: in nothing.
std::string keep_difference(const std::string& here, const std::string& there);

/// The words behind EVALSHA and the script's name. What is known when it is sent goes in then, by
/// `set_server`. `keep`: a keep_word or keep_hint; empty: as the nodes said. `lease` not empty:
/// only if the lease still holds it.
std::vector<std::string> script_words(const RedisNames& names, const std::string& keep,
                                      std::vector<broker::Draft> batch,
                                      const std::string& lease = {});
/// Of words with "EVALSHA" and the name in front. `epoch` begins where the Redis is another one, or
/// lacks `known`, an event of its log; of epoch 0: none is known.
void set_server(std::vector<std::string>& command, const std::string& run_id, broker::Epoch epoch,
                broker::EventId known);

/// Where the shared log stands.
struct Standing {
  broker::Epoch epoch = 0;
  broker::Seq seq = 0;    // of the newest event
  broker::Seq first = 1;  // of the oldest one held; seq + 1: none
  base::WallMs now = 0;
};
struct ScriptAnswer {
  Standing standing;
  Published published;
  std::string kept;  // without events: what had been said to keep; empty: nothing
};
/// Nothing: no answer of this script to so many events.
std::optional<ScriptAnswer> read_script_answer(const RedisReply& reply, std::size_t events);

/// What an answer that is none says of the events that were sent.
PublishError publish_error(const RedisReply& reply);

/// The field of INFO, empty when it is missing.
std::string_view info_field(std::string_view info, std::string_view name);

}  // namespace gateway::backbone
