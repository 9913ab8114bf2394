// What: which TLS library the program runs with. Thread: any.
#pragma once

#include <string>

namespace gateway::net {

/// "OpenSSL 3.0.17 1 Jul 2025".
std::string library_version();

}  // namespace gateway::net
