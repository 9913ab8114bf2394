// What: answers of Redis made from bytes: any tree of the kinds that there are, and the shapes that
// readers look for, so that what is wrong is mostly further inside. Thread: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backbone/redis_reply.h"
#include "fuzz/fuzz.h"

namespace gateway::fuzz {

using backbone::RedisReply;

inline RedisReply reply_text(std::string_view text) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::text;
  reply.text = text;
  return reply;
}
inline RedisReply reply_number(std::int64_t number) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::number;
  reply.number = number;
  return reply;
}
inline RedisReply reply_list(std::vector<RedisReply> list) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::list;
  reply.list = std::move(list);
  return reply;
}
/// Without the copies that a list in braces makes.
template <typename... Replies>
RedisReply reply_of(Replies... replies) {
  RedisReply reply = reply_list({});
  reply.list.reserve(sizeof...(replies));
  (reply.list.push_back(std::move(replies)), ...);
  return reply;
}

/// Small ones, and up to eight bytes of any.
inline std::int64_t take_number(Input& input) {
  const std::uint8_t size = input.byte();
  if (size >= 9) return size - 9;
  std::uint64_t number = 0;
  for (const char c : input.take(size)) number = number << 8U | static_cast<std::uint8_t>(c);
  return static_cast<std::int64_t>(number);
}

/// Names of fields and what often stands in them, or any text.
inline std::string_view take_text(Input& input) {
  constexpr std::string_view kWords[] = {
      "boards", "type", "kind", "data", "time",     "board", "event", "key", "text",  "json", "a",
      "l1",     "1-0",  "2-0",  "1000", "00000007", "0",     "",      "1:a", "a\nl1", "t"};
  const std::size_t word = input.below(32);
  return word < std::size(kWords) ? kWords[word] : input.part();
}

inline RedisReply take_any(Input& input, std::size_t depth) {
  constexpr std::size_t kDepthMax = 6;  // hiredis takes no deeper ones
  switch (input.below(depth < kDepthMax ? 8 : 5)) {
    case 0:
      return {};
    case 1:
      return reply_number(take_number(input));
    case 2: {
      RedisReply reply = reply_text(input.part());
      reply.kind = RedisReply::Kind::error;
      return reply;
    }
    case 3:
    case 4:
      return reply_text(take_text(input));
    default: {
      std::vector<RedisReply> list;
      for (std::size_t left = input.below(16); left > 0 && !input.empty(); --left) {
        list.push_back(take_any(input, depth + 1));
      }
      return reply_list(std::move(list));
    }
  }
}

inline RedisReply take_texts(Input& input, std::size_t count) {
  std::vector<RedisReply> texts;
  while (texts.size() < count) texts.push_back(reply_text(take_text(input)));
  return reply_list(std::move(texts));
}

/// An entry of a stream, of so many fields.
inline RedisReply take_entry(Input& input) {
  RedisReply id = reply_text(take_text(input));
  RedisReply fields = take_texts(input, 2 * input.below(8));
  return reply_of(std::move(id), std::move(fields));
}

inline RedisReply take_entries(Input& input) {
  std::vector<RedisReply> entries;
  for (std::size_t left = input.below(8); left > 0; --left) entries.push_back(take_entry(input));
  return reply_list(std::move(entries));
}

inline RedisReply take_scan(Input& input) {
  RedisReply cursor = reply_text(take_text(input));
  RedisReply pairs = take_texts(input, input.below(8));
  return reply_of(std::move(cursor), std::move(pairs));
}

/// EXEC's, of what is read at once with the epoch and the time.
inline RedisReply transaction(Input& input, RedisReply what) {
  RedisReply epoch = reply_text(take_text(input));
  RedisReply time = take_texts(input, 2);
  return reply_of(std::move(epoch), std::move(what), std::move(time));
}

inline RedisReply take_reply(Input& input) {
  switch (input.below(6)) {
    case 0:
      return transaction(input, take_entries(input));
    case 1:
      return transaction(input, take_scan(input));
    case 2:
      return take_entries(input);
    case 3:
      return take_scan(input);
    case 4: {  // the script's
      std::vector<RedisReply> parts{reply_text(take_text(input))};
      for (int i = 0; i < 4; ++i) parts.push_back(reply_number(take_number(input)));
      const RedisReply ids = take_texts(input, input.below(4));
      parts.insert(parts.end(), ids.list.begin(), ids.list.end());
      return reply_list(std::move(parts));
    }
    default:
      return take_any(input, 0);
  }
}

}  // namespace gateway::fuzz
