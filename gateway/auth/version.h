// What: which libraries for tokens the program runs with. Thread: any.
#pragma once

#include <string>

namespace gateway::auth {

/// "cjose 0.6.2, jansson 2.14".
std::string library_versions();

}  // namespace gateway::auth
