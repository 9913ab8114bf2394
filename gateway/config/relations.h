// What: what no key can check alone: relations between values. Pure function.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace gateway::config {

/// Two values that do not go together.
struct Conflict {
  /// The keys involved; the first that a file sets is where the problem is shown.
  std::vector<std::string> keys;
  std::string what;
};

std::vector<Conflict> check_relations(const Settings& settings);

}  // namespace gateway::config
