// What: what names one stream, in boardcast.open and wherever it is asked for: 128 random bits,
// since the id is a capability where there is no subject. Text form: 22 characters of base64url
// (RFC 4648 §5, no padding). Thread: a plain value.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace gateway::api {

struct StreamId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const StreamId&, const StreamId&) = default;
};

StreamId draw_stream_id(base::Random& random);
std::string to_string(const StreamId& id);
/// Exactly the form above; nothing for any other text.
std::optional<StreamId> parse_stream_id(std::string_view text);

/// A request's path as logs may show it: whoever knows a stream's id may change its boards where
/// nobody shows a token, so "{stream}" stands for it.
std::string logged_path(std::string_view path);

}  // namespace gateway::api
