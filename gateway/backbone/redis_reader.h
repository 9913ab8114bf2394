// What: bytes of Redis's protocol (RESP2) in, replies out: hiredis's reader with bounds of our own,
// for it believes every number that it is told. Of hiredis this alone is used: its connections
// abort the process when a server says what was not asked for. Owner: the connection. Thread: its
// loop's. Invariant: what is held for one reply takes no more than the bound, and as much again
// of bytes that it is not made of yet.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backbone/redis_reply.h"

namespace gateway::backbone {

class RedisReader {
 public:
  /// `reply_max`: bytes of one reply, as it lies in memory.
  explicit RedisReader(std::size_t reply_max);
  ~RedisReader();
  RedisReader(const RedisReader&) = delete;
  RedisReader& operator=(const RedisReader&) = delete;

  void feed(std::string_view bytes);
  /// The next whole reply. Nothing: more bytes are needed, or there is an `error`, and then never
  /// again.
  std::optional<RedisReply> next();
  /// Why these bytes are no replies, or none that we take; empty: they are.
  const std::string& error() const;

  /// Whether `error` says that an answer was beyond the bound: it would be so again.
  static bool is_too_large(std::string_view error);

  /// Bytes of a status, an error, a number or a length, at most. Until its end has come it is
  /// looked for from the start each time.
  static constexpr std::size_t kLineMax = std::size_t{64} << 10U;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::backbone
