#include "api/stream_id.h"

#include "base/text.h"

namespace gateway::api {
namespace {

/// 21 characters of six bits, and one whose upper two bits count.
constexpr std::size_t kLength = 22;
constexpr std::uint64_t kUnusedBits = 15;

}  // namespace

StreamId draw_stream_id(base::Random& random) {
  const std::uint64_t high = random.next();
  return {high, random.next()};
}

std::string to_string(const StreamId& id) {
  std::string text;
  text.reserve(kLength);
  std::uint64_t high = id.high;
  std::uint64_t low = id.low;
  while (text.size() < kLength) {
    text.push_back(base::kBase64Url[high >> 58U]);
    high = high << 6U | low >> 58U;
    low <<= 6U;
  }
  return text;
}

std::optional<StreamId> parse_stream_id(std::string_view text) {
  if (text.size() != kLength) return std::nullopt;
  StreamId id;
  for (std::size_t i = 0; i < kLength; ++i) {
    const std::uint64_t bits = base::kBase64Url.find(text[i]);
    if (bits == std::string_view::npos) return std::nullopt;
    const bool last = i + 1 == kLength;
    if (last && (bits & kUnusedBits) != 0) return std::nullopt;
    const unsigned width = last ? 2 : 6;
    id.high = id.high << width | id.low >> (64U - width);
    id.low = id.low << width | (last ? bits >> 4U : bits);
  }
  return id;
}

std::string logged_path(std::string_view path) {
  for (const std::string_view above : {"/events/", "/admin/streams/"}) {
    if (path.starts_with(above)) return std::string(above) + "{stream}";
  }
  return std::string(path);
}

}  // namespace gateway::api
