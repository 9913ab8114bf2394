#include "api/cors.h"

#include <string>

#include "api/origin.h"

namespace gateway::api {
namespace {

// Beyond those that the Fetch standard lets through unasked (accept, simple content types).
// last-event-id and cache-control are what EventSource and its stand-ins on fetch() send.
constexpr std::string_view kRequestFields =
    "authorization, cache-control, content-type, last-event-id";
// What a script may want to read of an answer, beyond the Fetch standard's own list.
constexpr std::string_view kExposedFields = "accept-post, allow, date, retry-after";

}  // namespace

void add_cors(const Options& options, const http::Request& request, http::Response& response) {
  response.fields.append_member("vary", "origin");
  const std::string_view origin = request.fields.get("origin");
  if (!origin_listed(options.cors, origin)) return;
  if (response.fields.has("access-control-allow-origin")) return;
  response.fields.add("access-control-allow-origin", std::string(origin));
  if (options.cors.credentials) response.fields.add("access-control-allow-credentials", "true");
  response.fields.add("access-control-expose-headers", std::string(kExposedFields));
}

http::Response preflight(const Options& options, const http::Request& request,
                         std::string_view allow) {
  const http::Fields& asked = request.fields;
  const bool is_preflight = asked.has("origin") && asked.has("access-control-request-method");
  const bool listed = origin_listed(options.cors, asked.get("origin"));
  http::Response response;
  if (is_preflight && !origin_allowed(options.cors, asked.get("origin"), request)) {
    response = foreign_origin_problem(request);
  } else {
    response.status = 204;
    response.fields.add("allow", std::string(allow));
  }
  if (is_preflight && listed) {
    response.fields.add("access-control-allow-methods", std::string(allow));
    response.fields.add("access-control-allow-headers", std::string(kRequestFields));
    response.fields.add("access-control-max-age", std::to_string(options.cors.max_age.count()));
  }
  add_cors(options, request, response);
  response.fields.append_member("vary", "access-control-request-method");
  return response;
}

}  // namespace gateway::api
