// What: how an accepted socket behaves towards delay, unsent bytes and peers that vanish, and how
// far its peer has come.
#pragma once

#include <string>

#include "http/session.h"
#include "net/options.h"

namespace gateway::net {

/// TCP_NODELAY (records are gathered by us), TCP_NOTSENT_LOWAT, TCP_USER_TIMEOUT, and keepalive,
/// which probes a silent peer after 30 s and each 10 s from then on; that none of it is answered
/// ends the connection after TCP_USER_TIMEOUT, too (Linux then counts no probes). Those that
/// the kernel refuses, and why, "A (…), B (…)"; the connection works without them.
std::string tune_socket(int fd, const Options& options);

/// Closing the socket then sends a reset and drops what is unsent (SO_LINGER of zero).
void reset_on_close(int fd);

/// What of the bytes that the kernel was given its peer's has acknowledged.
http::Session::Host::Outgoing outgoing(int fd);

}  // namespace gateway::net
