// What: the HTTP API of one worker: URL → action. Routes requests, adds the cross-origin fields to
// every answer, turns errors into problem+json (RFC 9457). Owner: the worker. Thread: the worker's.
#pragma once

#include <memory>

#include "api/context.h"
#include "http/exchange.h"

namespace gateway::api {

/// What clients use: /events, /healthz, /readyz, / (and the admin paths, to whom
/// options.admin_public names).
std::unique_ptr<http::Handler> make_traffic_api(const Context& context);
/// As `options`, for the admin listener: cors.origins are pages that may use the streams, and none
/// of them may use an operator's browser to reach it.
Options for_admin(Options options);
/// The admin listener, with options `for_admin`: /admin/…, /metrics, /healthz, /readyz, / (for
/// browsers the dashboard). Refuses a `host` that is not a loopback name or an IP address (DNS
/// rebinding).
std::unique_ptr<http::Handler> make_admin_api(const Context& context);

}  // namespace gateway::api
