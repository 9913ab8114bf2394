// What: who asks, as a grant, or the answer that sends him away: 401 (RFC 6750 §3) when he has
// shown no token that counts, 503 when it may count in a moment, 403 when his does not cover what
// he asks for. Answers name the board and the class of what is wrong, never the token nor what
// exactly is wrong with it. Owner: none. Thread: the worker's.
#pragma once

#include <string_view>

#include "api/options.h"
#include "auth/gate.h"
#include "base/result.h"
#include "http/message.h"

namespace gateway::api {

/// The grant lives until somebody else is admitted on this worker.
using Admission = base::Result<const auth::Grant*, http::Response>;

/// What the request's token grants, or what needs none when it has none. A token that does not
/// count is refused, also where none is needed. A cookie comes along by itself, so it authorizes
/// what changes something only with an `origin` that is the gateway's own or listed: else 403.
Admission admit(const http::Request& request, const CorsOptions& cors, auth::Gate& gate);

/// `grant` does not cover `doing` ("subscribe to") this board or pattern. Counts it.
http::Response not_granted(const auth::Grant& grant, std::string_view doing, std::string_view board,
                           auth::Gate& gate);
/// `grant` does not cover what `what` is for, a sentence. Counts it.
http::Response not_allowed(const auth::Grant& grant, std::string_view what, auth::Gate& gate);

}  // namespace gateway::api
