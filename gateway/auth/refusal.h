// What: why a token does not count. `why` is for the log and never part of an answer: whoever
// forges tokens learns only the class. No byte of the token is in it but its key's name. Thread: a
// plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gateway::auth {

struct Refusal {
  enum class Kind : std::uint8_t {
    malformed,  // not a token as it is spoken here
    unsigned_,  // not signed by a key that is known
    expired,    // signed, and over
    claims,     // signed, and not for here or not as it has to be
  };
  Kind kind = Kind::malformed;
  std::string why;
  /// It names a key that is not there: there may be newer ones.
  bool unknown_key = false;
};

/// "malformed", "signature", "expired", "claims": a metric's label.
std::string_view to_string(Refusal::Kind kind);

}  // namespace gateway::auth
