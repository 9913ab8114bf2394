// What: base64url without padding (RFC 4648 §5, RFC 7515 §2), one text for each value: what is read
// is exactly what would be written. Thread: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway::auth {

/// Nothing for padding, foreign characters, a length that no value has, or unused bits that are not
/// zero.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace gateway::auth
