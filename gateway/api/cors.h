// What: the cross-origin fields of the Fetch standard (§3.2, "HTTP CORS protocol"). Only origins
// listed in cors.origins get them: the gateway's own pages need none, and never "*", since answers
// may depend on credentials. Thread: pure functions.
#pragma once

#include <string_view>

#include "api/options.h"
#include "http/message.h"

namespace gateway::api {

/// Adds what every answer carries, errors included: `vary: origin`, and for a listed origin
/// access-control-allow-origin, -allow-credentials and -expose-headers. Idempotent.
void add_cors(const Options& options, const http::Request& request, http::Response& response);

/// The answer to OPTIONS on a resource that knows the methods `allow` ("GET, HEAD, POST"). A
/// preflight (with access-control-request-method) of a listed origin is granted these methods, the
/// request fields clients use, and max_age; of another origin it is a 403 that says what to list.
/// Anything else is a plain 204 with `allow`. Has the fields of `add_cors` already.
///
/// Private network access is not granted (access-control-allow-private-network): the browsers that
/// asked for it have moved to asking the user instead, and nothing else needs it.
http::Response preflight(const Options& options, const http::Request& request,
                         std::string_view allow);

}  // namespace gateway::api
