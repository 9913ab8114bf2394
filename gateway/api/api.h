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
/// The admin listener: /admin/…, /metrics, /healthz, /readyz. Refuses a `host` that is not a
/// loopback name or an IP address (DNS rebinding).
std::unique_ptr<http::Handler> make_admin_api(const Context& context);

}  // namespace gateway::api
