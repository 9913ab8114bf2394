// What: what every context speaks, whatever its certificate: versions, ciphers and groups, ALPN,
// session tickets. Thread: pure but for the context.
#pragma once

#include "net/options.h"
#include "net/ticket_keys.h"

struct ssl_ctx_st;

namespace gateway::net {

/// `ticket_keys` outlive every handshake of `context`.
void set_policy(ssl_ctx_st* context, TlsVersion min_version, TicketKeys& ticket_keys);

}  // namespace gateway::net
