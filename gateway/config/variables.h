// What: `${NAME}` and `${NAME:-default}` in the text of a value. Expanded after parsing, so that a
// variable can never add keys. Pure function over the injected environment.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/config.h"

namespace gateway::config {

/// `$$` is a dollar; any other dollar must begin a variable. As in the shell, `:-` stands in for a
/// variable that is not set or empty; without it a variable that is not set is an error. The
/// default is taken as it is, up to the next brace.
base::Result<std::string> expand(std::string_view text, const Environment& environment);

}  // namespace gateway::config
