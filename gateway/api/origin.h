// What: which origins (RFC 6454) the gateway trusts: its own, and those of cors.origins. Thread:
// pure functions.
#pragma once

#include <string>
#include <string_view>

#include "api/options.h"
#include "http/message.h"

namespace gateway::api {

/// `host`, without a port, is localhost, a name below it, 127.0.0.0/8 or [::1].
bool is_loopback(std::string_view host);

/// The origin that a page served under this request's address has: scheme (https under TLS, else
/// http) and authority, the scheme's default port left out as browsers do. Empty without an
/// authority.
std::string own_origin(const http::Request& request);

/// `origin` is named by a rule of `cors.origins`: exactly, or by "http://localhost:*", which names
/// every port of that one loopback host. "null" never is.
bool origin_listed(const CorsOptions& cors, std::string_view origin);
/// `origin` is the gateway's own or listed.
bool origin_allowed(const CorsOptions& cors, std::string_view origin, const http::Request& request);

/// A request that changes something (any method but GET, HEAD, OPTIONS and TRACE, RFC 9110 §9.2.1)
/// from a page that is neither the gateway's own nor listed: to be refused with
/// `foreign_origin_problem`, whatever the credentials. A request without `origin` is not from a
/// page of another site, so it passes.
bool foreign_write(const CorsOptions& cors, const http::Request& request);
/// The 403 for it, which says what to list where.
http::Response foreign_origin_problem(const http::Request& request);

}  // namespace gateway::api
