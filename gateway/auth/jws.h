// What: a token's outer form (RFC 7515 §7.1) read strictly, before any key is looked at: three
// parts, each in the one base64url text that it has, and a protected header in which nothing is
// twice, nothing chooses the key but `kid`, and nothing asks for what is not spoken here (RFC 8725
// §3). Thread: a pure function.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "auth/algorithm.h"
#include "auth/refusal.h"
#include "base/result.h"

namespace gateway::auth {

/// Well-formed; nothing in it is to be believed yet.
struct Jws {
  std::string_view token;  // the whole
  Algorithm algorithm = Algorithm::hs256;
  std::optional<std::string> kid;
  std::string payload;              // decoded
  std::size_t signature_bytes = 0;  // decoded
};

/// `token` outlives the result.
base::Result<Jws, Refusal> parse_jws(std::string_view token);

}  // namespace gateway::auth
