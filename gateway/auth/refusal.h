// What: why a token does not count. `why` is for the log and never part of an answer: whoever
// forges tokens learns only the class. No byte of the token is in it but its key's name. Thread: a
// plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace gateway::auth {

struct Refusal {
  enum class Kind : std::uint8_t {
    malformed,  // not a token as it is spoken here
    unsigned_,  // not signed by a key that is known
    expired,    // signed, and over
    claims,     // signed, and not for here or not as it has to be
    keyless,    // not signed by a key that is known yet: there may be newer ones
    busy,       // not looked at: others have cost too much
  };
  Kind kind = Kind::malformed;
  std::string why;
  /// It names a key that is not there, or none.
  bool unknown_key = false;
  /// That were computed for it.
  std::size_t signatures = 0;
  /// By the wall clock, which may be set: the times between which it is so.
  base::WallMs from = std::numeric_limits<base::WallMs>::min();
  base::WallMs until = std::numeric_limits<base::WallMs>::max();

  /// It may be let in later as it is.
  bool passes() const { return kind == Kind::keyless || kind == Kind::busy; }
};

/// "malformed", "signature", "expired", "claims", "keyless", "busy": a metric's label.
std::string_view to_string(Refusal::Kind kind);

}  // namespace gateway::auth
