// What: tells the service manager how far the process is, by one datagram to the socket that
// $NOTIFY_SOCKET names (sd_notify(3); units of systemd with Type=notify set it). Without the
// variable nothing is said; what cannot be said is logged and changes nothing. Thread: the main
// thread, which waits a second at most for a manager that does not read.
#pragma once

#include <chrono>

#include "base/clock.h"

namespace gateway::app {

/// It serves: after the start, and when a reload is over, whether that took anything or not.
void tell_ready();

/// A reload has begun at `now`; tell_ready() ends it.
void tell_reloading(base::MonoTime now);

/// It stops, and may take `at_most` for that, also where the unit's TimeoutStopSec is less.
void tell_stopping(std::chrono::milliseconds at_most);

}  // namespace gateway::app
