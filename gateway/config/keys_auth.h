// What: the part of the table of keys that says who is asked for a token and which ones count.
// Included by the table alone.
#pragma once

#include "config/keys.h"

namespace gateway::config {

Section auth_section();

}  // namespace gateway::config
