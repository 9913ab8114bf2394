// What: what Redis answers, as a value of our own. It is not believed: whoever may write there, or
// is between, chooses what it says. Thread: a plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace gateway::backbone {

struct RedisReply {
  enum class Kind : std::uint8_t {
    lost,  // the connection went before an answer came: whether it was done is not known
    nil,
    number,
    text,  // a bulk string, or a status
    error,
    list,
  };
  Kind kind = Kind::lost;
  std::int64_t number = 0;
  std::string text;  // of an error: what Redis says, its code first
  std::vector<RedisReply> list;

  bool is(Kind of) const { return kind == of; }
  /// The error's code: "NOSCRIPT".
  bool is_error(std::string_view code) const {
    return kind == Kind::error && std::string_view(text).substr(0, text.find(' ')) == code;
  }
};

/// Of TIME's answer. Nothing: it is none.
std::optional<base::WallMs> read_time(const RedisReply& reply);

}  // namespace gateway::backbone
