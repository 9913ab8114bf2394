// What: who somebody is and what he may. Thread: a plain value.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "auth/name_set.h"
#include "auth/options.h"
#include "base/clock.h"

namespace gateway::auth {

/// Later than any token ends.
inline constexpr base::WallMs kNever = std::numeric_limits<base::WallMs>::max();

/// By what somebody has shown who he is.
enum class Proof : std::uint8_t { none, token, certificate };

struct Grant {
  std::string subject;  // empty: nobody in particular
  NameSet subscribe;
  NameSet publish;
  bool admin = false;
  Proof proof = Proof::none;
  base::WallMs begins = std::numeric_limits<base::WallMs>::min();  // `nbf`; without it always
  base::WallMs ends = kNever;  // `exp`, or notAfter of the certificate; without either never

  bool is_proven() const { return proof != Proof::none; }
  /// `name`: a board or a pattern.
  bool may_subscribe(std::string_view name) const { return subscribe.covers(name); }
  bool may_publish(std::string_view board) const { return publish.covers(board); }
  /// Outside of itself, by estimate.
  std::size_t bytes() const { return subject.size() + subscribe.bytes() + publish.bytes(); }
};

/// Everything, for everybody: there are no tokens.
Grant grant_everything();
/// What options.anonymous allows.
Grant grant_anonymous(const Options& options);

/// 1 to 256 bytes without control characters, an asterisk only at the end: a board, or a pattern.
bool is_granted_name(std::string_view name);

}  // namespace gateway::auth
