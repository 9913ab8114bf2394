// What: reads the files that TLS needs, whole and into memory. Thread: any; blocks.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace gateway::net {

/// What `file` holds; 4 MiB at most. The error names the file, `what` it was to hold ("private
/// key") and what to do. Whoever reads a secret wipes the text.
base::Result<std::string> read_tls_file(const std::string& file, std::string_view what);

}  // namespace gateway::net
