// What: which HTTP client the program runs with. Thread: any.
#pragma once

#include <string>

namespace gateway::client {

/// "libcurl 7.88.1".
std::string library_version();

}  // namespace gateway::client
