// What: which event library the program runs with. Thread: any.
#pragma once

#include <string>

namespace gateway::loop {

/// "libevent 2.1.12-stable".
std::string library_version();

}  // namespace gateway::loop
