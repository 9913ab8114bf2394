// What: how an accepted socket behaves towards delay, unsent bytes and peers that vanish.
#pragma once

#include "net/options.h"

namespace gateway::net {

/// TCP_NODELAY (records are gathered by us), TCP_NOTSENT_LOWAT, TCP_USER_TIMEOUT, keepalive after
/// 30 s of silence. An option that the kernel refuses is logged; the connection works without it.
void tune_socket(int fd, const Options& options);

/// Closing the socket then sends a reset and drops what is unsent (SO_LINGER of zero).
void reset_on_close(int fd);

}  // namespace gateway::net
