// What: which protocol libraries the program runs with. Thread: any.
#pragma once

#include <string>

namespace gateway::http {

/// "nghttp2 1.52.0, Boost 1.74".
std::string library_versions();

}  // namespace gateway::http
