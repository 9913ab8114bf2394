// What: from root to a user without rights, once ports are bound. Thread: the main thread; what it
// changes holds for the whole process.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace gateway::app {

/// That the user exists and is not root. Empty: nothing.
base::Result<base::Unit> check_user(const std::string& user);

/// Takes on the user, his group and his supplementary groups for good, and makes sure that there is
/// no way back. Empty: nothing. A process that is this user already stays as it is; one that is
/// another and not root is an error, as is what check_user refuses.
base::Result<base::Unit> become_user(const std::string& user);

/// Of each file that this process cannot read now, "FILE: why".
std::vector<std::string> unreadable(const std::vector<std::string>& files);
/// Logs each of them. For a process that has become another user.
void warn_of_unreadable(const std::vector<std::string>& files);

}  // namespace gateway::app
