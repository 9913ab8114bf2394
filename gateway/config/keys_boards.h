// What: the part of the table of keys that says what is kept of boards: of all (`history`) and of
// those that differ (`boards`), with the same ranges. Included by the table alone.
#pragma once

#include "config/keys.h"

namespace gateway::config {

Section history_section();
Section boards_section();

}  // namespace gateway::config
