// What: one plain HTTP/1.1 GET with a deadline, for `boardcast health`. Blocking: for commands, not
// for workers. Thread: any.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace gateway::net {

/// The status of the answer to GET `url` ("http://host:port/path"). The error says what failed.
base::Result<int> probe(const std::string& url, std::chrono::milliseconds timeout);

}  // namespace gateway::net
