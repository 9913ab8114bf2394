// What: who asks, as a grant, or the answer that sends him away: 401 (RFC 6750 §3) when he has
// shown no token or certificate that counts, 503 when it may count in a moment, 403 when his does
// not cover what he asks for. Answers name the board and the class of what is wrong, never the
// token nor what exactly is wrong with it. Owner: none. Thread: the worker's.
#pragma once

#include <string>
#include <string_view>

#include "api/options.h"
#include "auth/gate.h"
#include "base/result.h"
#include "http/exchange.h"

namespace gateway::api {

/// The grant lives until somebody else is admitted on this worker.
using Admission = base::Result<const auth::Grant*, http::Response>;

/// What the request's token grants, without one what the connection's certificate does, and without
/// either what needs none. A token that does not count is refused, also where none is needed or the
/// certificate would do; and one that counts is not helped by it: a certificate is the
/// connection's, and whoever passes on the requests of others must not lend them what he may
/// himself. A cookie comes along by itself, so it authorizes what changes something only with an
/// `origin` that is the gateway's own or listed: else 403. So does a certificate, but programs show
/// theirs, too, without an `origin`; one that a page of others sends has been refused by then
/// (foreign_write).
Admission admit(const http::Exchange& exchange, const CorsOptions& cors, auth::Gate& gate);

/// `grant` does not cover `doing` ("publish"). Counts it.
http::Response not_granted(const auth::Grant& grant, const std::string& doing, auth::Gate& gate);
/// The same with this board or pattern ("subscribe to").
http::Response not_granted(const auth::Grant& grant, std::string_view doing, std::string_view board,
                           auth::Gate& gate);
/// `grant` does not cover what `what` is for, a sentence. Counts it.
http::Response not_allowed(const auth::Grant& grant, std::string_view what, auth::Gate& gate);

}  // namespace gateway::api
