// What: the media type of a request's content (RFC 9110 §8.3.1). Thread: a plain value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway::api {

struct MediaType {
  std::string essence;  // "text/plain", lower case
  std::string charset;  // lower case, without quotes; empty when there is none
};

/// Nothing for what is no media type, or one with two charsets. Other parameters are passed over.
std::optional<MediaType> parse_media_type(std::string_view content_type);

}  // namespace gateway::api
