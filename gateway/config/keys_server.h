// What: the part of the table of keys that says where the process listens and how: `server` and
// `tls`. Included by the table alone.
#pragma once

#include "config/keys.h"

namespace gateway::config {

Section server_section();
Section tls_section();

}  // namespace gateway::config
