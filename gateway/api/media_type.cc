#include "api/media_type.h"

#include <algorithm>

#include "base/text.h"
#include "http/message.h"

namespace gateway::api {
namespace {

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), http::is_token_character);
}

/// Moves the part up to the next semicolon outside of quotes from `text` to the result.
std::string_view next_part(std::string_view& text) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != ';'); ++end) {
    if (quoted && text[end] == '\\') {
      ++end;
    } else if (text[end] == '"') {
      quoted = !quoted;
    }
  }
  end = std::min(end, text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return base::trim_ows(part);
}

/// The text of a token or a quoted string, in lower case; escapes have no place in a charset.
std::string charset_of(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return base::ascii_lower(value);
}

}  // namespace

std::optional<MediaType> parse_media_type(std::string_view content_type) {
  const std::string_view essence = next_part(content_type);
  const std::size_t slash = essence.find('/');
  if (slash == std::string_view::npos || !is_token(essence.substr(0, slash)) ||
      !is_token(essence.substr(slash + 1))) {
    return std::nullopt;
  }
  MediaType media{base::ascii_lower(essence), {}};
  while (!content_type.empty()) {
    const std::string_view parameter = next_part(content_type);
    if (parameter.empty()) continue;
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || !is_token(parameter.substr(0, equals))) {
      return std::nullopt;
    }
    if (!base::ascii_equal_ignore_case(parameter.substr(0, equals), "charset")) continue;
    if (!media.charset.empty()) return std::nullopt;
    media.charset = charset_of(parameter.substr(equals + 1));
    if (media.charset.empty()) return std::nullopt;
  }
  return media;
}

}  // namespace gateway::api
