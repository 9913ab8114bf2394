// What: from root to a user without rights, once ports are bound. Thread: the main thread; what it
// changes holds for the whole process.
#pragma once

#include <string>

#include "base/result.h"

namespace gateway::app {

/// Takes on the user, his group and his supplementary groups for good, and makes sure that there is
/// no way back. Empty: nothing. A process that is this user already stays as it is; one that is
/// another and not root is an error, as is an unknown user.
base::Result<base::Unit> become_user(const std::string& user);

}  // namespace gateway::app
