// What: what a command has of the world, so that a test can give it another. Thread: a value.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "client/console.h"

namespace gateway::client {

struct World {
  const base::Clock& clock;
  base::Random& random;
  Console& console;
};

}  // namespace gateway::client
