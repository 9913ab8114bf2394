// What: what Redis would say, made by hand. Thread: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "backbone/redis_reply.h"
#include "broker/event_id.h"

namespace gateway::test {

using backbone::RedisReply;

inline RedisReply reply(RedisReply::Kind kind, std::string text) {
  RedisReply made;
  made.kind = kind;
  made.text = std::move(text);
  return made;
}
inline RedisReply text(std::string of) { return reply(RedisReply::Kind::text, std::move(of)); }
inline RedisReply error(std::string of) { return reply(RedisReply::Kind::error, std::move(of)); }
inline RedisReply number(std::int64_t of) {
  RedisReply made;
  made.kind = RedisReply::Kind::number;
  made.number = of;
  return made;
}
inline RedisReply list(std::vector<RedisReply> of) {
  RedisReply made;
  made.kind = RedisReply::Kind::list;
  made.list = std::move(of);
  return made;
}

/// An entry of the stream; its data is its seq.
inline RedisReply entry(broker::Seq seq, const std::string& board, std::int64_t time_ms) {
  return list({text(std::to_string(seq) + "-0"),
               list({text("boards"), text(board), text("type"), text(""), text("kind"),
                     text("text"), text("data"), text(std::to_string(seq)), text("time"),
                     text(std::to_string(time_ms))})});
}
/// EXEC's answer when a portion of the stream is read.
inline RedisReply exec(broker::Epoch epoch, std::vector<RedisReply> entries, std::int64_t seconds) {
  return list({text(broker::epoch_text(epoch)), list(std::move(entries)),
               list({text(std::to_string(seconds)), text("0")})});
}

/// A message with an event on each of these boards; the data of each is its seq.
inline std::string message_of(broker::Epoch epoch, broker::Seq first,
                              const std::vector<std::string>& boards) {
  std::string made = "events " + broker::epoch_text(epoch) + " " + std::to_string(first) + " 5\n";
  for (std::size_t i = 0; i < boards.size(); ++i) {
    const std::string data = std::to_string(first + i);
    made += std::to_string(boards[i].size()) + ":" + boards[i] + "0:4:text" +
            std::to_string(data.size()) + ":" + data;
  }
  return made;
}

}  // namespace gateway::test
