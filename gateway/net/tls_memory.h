// What: lets the TLS library take its memory from the counted heap (base/heap.h). Thread: the main
// thread, before anything else uses that library.
#pragma once

namespace gateway::net {

/// False: too late, it has taken some already; what it takes stays uncounted.
bool count_tls_memory();

}  // namespace gateway::net
