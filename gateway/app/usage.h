// What: what the process has taken of the machine so far, for its metrics. Thread: any.
#pragma once

namespace gateway::app {

/// User and system time of all threads.
double cpu_seconds();
/// Resident memory; 0 where the kernel does not tell.
double resident_bytes();

}  // namespace gateway::app
