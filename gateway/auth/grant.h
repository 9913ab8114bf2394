// What: who somebody is and what he may. A board is granted by its own name or by a prefix with a
// trailing '*'; a pattern is granted by one that covers every board it could name: "team-*" grants
// "team-a" and "team-a*" and not "te*". Thread: a plain value.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "auth/options.h"
#include "base/clock.h"

namespace gateway::auth {

/// Later than any token ends.
inline constexpr base::WallMs kNever = std::numeric_limits<base::WallMs>::max();

struct Grant {
  std::string subject;                 // empty: nobody in particular
  std::vector<std::string> subscribe;  // boards and patterns
  std::vector<std::string> publish;
  bool admin = false;
  bool by_token = false;
  base::WallMs ends = kNever;  // `exp`; without a token never

  /// `name`: a board or a pattern.
  bool may_subscribe(std::string_view name) const;
  bool may_publish(std::string_view board) const;
};

/// Everything, for everybody: there are no tokens.
Grant grant_everything();
/// What options.anonymous allows.
Grant grant_anonymous(const Options& options);

/// 1 to 256 bytes without control characters, an asterisk only at the end: a board, or a pattern.
bool is_granted_name(std::string_view name);

}  // namespace gateway::auth
