#include "api/origin.h"

#include <algorithm>

#include "api/problem.h"
#include "base/text.h"

namespace gateway::api {
namespace {

constexpr std::string_view kAnyPort = ":*";

bool is_loopback_v4(std::string_view host) {
  const auto parts = base::split(host, '.');
  return parts.size() == 4 && parts[0] == "127" &&
         std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           const auto number = base::parse_decimal(part);
           return number && *number <= 255;
         });
}

/// What follows the host of an origin: nothing, or ':' and a port.
bool is_port_suffix(std::string_view text) {
  if (text.empty()) return true;
  if (text.front() != ':' || text.size() > 6) return false;
  const auto port = base::parse_decimal(text.substr(1));
  return port && *port >= 1 && *port <= 65535;
}

bool matches(std::string_view rule, std::string_view origin) {
  if (!rule.ends_with(kAnyPort)) return rule == origin;
  rule.remove_suffix(kAnyPort.size());
  const std::size_t scheme = rule.find("://");
  return scheme != std::string_view::npos && is_loopback(rule.substr(scheme + 3)) &&
         origin.starts_with(rule) && is_port_suffix(origin.substr(rule.size()));
}

}  // namespace

bool is_loopback(std::string_view host) {
  constexpr std::string_view kLocal = ".localhost";
  return host == "localhost" || host == "[::1]" || is_loopback_v4(host) ||
         (host.size() > kLocal.size() && host.ends_with(kLocal));
}

std::string own_origin(const http::Request& request) {
  std::string_view authority = request.authority;
  if (authority.empty()) return {};
  const std::string_view default_port = request.tls ? ":443" : ":80";
  if (authority.ends_with(default_port)) authority.remove_suffix(default_port.size());
  return (request.tls ? "https://" : "http://") + std::string(authority);
}

bool origin_listed(const CorsOptions& cors, std::string_view origin) {
  // "null" (sandboxed frames, local files) and "*" are no origins of anybody in particular.
  if (origin.find("://") == std::string_view::npos) return false;
  return std::any_of(cors.origins.begin(), cors.origins.end(),
                     [origin](const std::string& rule) { return matches(rule, origin); });
}

bool origin_allowed(const CorsOptions& cors, std::string_view origin,
                    const http::Request& request) {
  return origin_listed(cors, origin) || (!origin.empty() && origin == own_origin(request));
}

bool foreign_write(const CorsOptions& cors, const http::Request& request) {
  return !http::is_safe_method(request.method) && request.fields.has("origin") &&
         !origin_allowed(cors, request.fields.get("origin"), request);
}

http::Response foreign_origin_problem(const http::Request& request) {
  return problem(403, "The origin " + in_quotes(request.fields.get("origin")) +
                          " is neither this server's own nor listed in cors.origins; list it "
                          "there to let its pages in.");
}

}  // namespace gateway::api
