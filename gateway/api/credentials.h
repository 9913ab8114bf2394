// What: where a request carries its token: the `authorization` field of the scheme Bearer (RFC 6750
// §2.1), the query where that is allowed (§2.3), or the cookie that is not empty, in this order.
// The first that is there decides, and what it holds is never shown to anybody. Thread: pure
// functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auth/options.h"
#include "http/message.h"

namespace gateway::api {

struct Credentials {
  enum class Place : std::uint8_t { nowhere, authorization, query, cookie };
  Place place = Place::nowhere;
  /// Empty when what stands at the place is no one token, but several.
  std::string token;
};

Credentials find_credentials(const http::Request& request, const auth::Options& options);

/// `query`, still encoded, without the token: for those who refuse parameters that they do not
/// know.
std::string without_token(std::string_view query);

}  // namespace gateway::api
