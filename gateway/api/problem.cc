#include "api/problem.h"

#include <algorithm>
#include <cstdint>

#include "api/reply.h"
#include "base/text.h"

namespace gateway::api {
namespace {

constexpr std::size_t kQuotedBytesMax = 64;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// `text` with each byte that belongs to no well-formed sequence replaced, and each C1 control
/// character, on which some terminals act.
std::string scrub(std::string_view text) {
  if (base::is_utf8(text) && !base::has_c1_control(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    std::size_t length = 1;
    while (length <= 4 && length <= text.size() && !base::is_utf8(text.substr(0, length))) ++length;
    const bool whole = length <= 4 && length <= text.size();
    if (!whole) length = 1;
    const std::string_view character = text.substr(0, length);
    out += whole && !base::has_c1_control(character) ? character : kReplacement;
    text.remove_prefix(length);
  }
  return out;
}

/// The longest prefix of at most `bytes` bytes that does not end inside a character.
std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
  return text.substr(0, bytes);
}

}  // namespace

http::Response problem(int status, std::string_view detail) {
  http::Response response = text_answer(
      "application/problem+json", "{\"title\":" + base::json_string(http::reason_phrase(status)) +
                                      ",\"status\":" + std::to_string(status) +
                                      ",\"detail\":" + base::json_string(scrub(detail)) + "}\n");
  response.status = status;
  return response;
}

http::Response unavailable(std::string_view detail, std::chrono::seconds retry_after) {
  http::Response response = problem(503, detail);
  response.fields.add("retry-after", std::to_string(retry_after.count()));
  return response;
}

http::Response too_many(std::string_view detail, std::chrono::milliseconds retry_after) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(retry_after).count();
  http::Response response = problem(429, detail);
  response.fields.add("retry-after", std::to_string(std::max<std::int64_t>(1, seconds)));
  return response;
}

http::Response method_not_allowed(std::string_view allow) {
  http::Response response = problem(405, "This resource knows: " + std::string(allow) + ".");
  response.fields.add("allow", std::string(allow));
  return response;
}

std::string in_quotes(std::string_view text) {
  const std::string clean = scrub(text.substr(0, 4 * kQuotedBytesMax));
  const std::string_view shown = cut(clean, kQuotedBytesMax);
  std::string out = base::json_string(shown);
  if (shown.size() < clean.size()) out.insert(out.size() - 1, "…");
  return out;
}

}  // namespace gateway::api
