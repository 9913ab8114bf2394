// What: the keys of the section backbone. Thread: constant.
#pragma once

#include "config/keys.h"

namespace gateway::config {

Section backbone_section();

}  // namespace gateway::config
