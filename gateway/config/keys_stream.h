// What: the part of the table of keys that says how streams are served (`stream`) and what becomes
// of publishes (`publish`). Included by the table alone.
#pragma once

#include "config/keys.h"

namespace gateway::config {

Section stream_section();
Section publish_section();

}  // namespace gateway::config
