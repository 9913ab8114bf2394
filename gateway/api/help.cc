#include "api/help.h"

#include <string>
#include <string_view>

namespace gateway::api {
namespace {

constexpr std::string_view kUrl = "{url}";

constexpr std::string_view kTrafficHelp =
    R"(Boardcast: any number of boards on one stream, any number of streams on one connection.

Subscribe (where the certificate is for development: --cacert certs/ca.crt):
  curl -N '{url}/events?boards=board-1,board-2&format=json'

Publish:
  curl '{url}/events?board=board-1' -d 'hello'
  curl '{url}/events' -H 'content-type: application/json' \
    -d '{"boards":["board-1","board-2"],"event":"greeting","data":{"text":"hello"}}'

Is it up, is it ready:
  curl '{url}/healthz'
  curl '{url}/readyz'
)";

constexpr std::string_view kAdminHelp =
    R"(Boardcast, for operators.

Streams by board, and connections:
  curl '{url}/admin/connections?prefix=&limit=1000'

Cut a connection without a goodbye, to see how its client takes it:
  curl -X DELETE '{url}/admin/connections/c1'

Streams, those that lag the most first; end one, and refuse its client for a while:
  curl '{url}/admin/streams?sort=lag&limit=50'
  curl -X DELETE '{url}/admin/streams/ID?for=10m'

Metrics in the Prometheus text format:
  curl '{url}/metrics'

Is it up, is it ready:
  curl '{url}/healthz'
  curl '{url}/readyz'
)";

/// The address of the request, unless it holds what a shell would not take literally.
std::string base_url(const http::Request& request) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyz0123456789.-:[]";
  const bool plain = request.authority.find_first_not_of(kPlain) == std::string::npos;
  return (request.tls ? "https://" : "http://") + (plain ? request.authority : "localhost");
}

http::Response text(std::string_view form, const std::string& url) {
  http::Response response;
  response.fields.add("content-type", "text/plain; charset=utf-8");
  response.fields.add("cache-control", "no-store");
  response.fields.add("x-content-type-options", "nosniff");
  response.body = form;
  for (std::size_t at = 0; (at = response.body.find(kUrl, at)) != std::string::npos;) {
    response.body.replace(at, kUrl.size(), url);
  }
  return response;
}

}  // namespace

http::Response traffic_help(const http::Request& request) {
  return text(kTrafficHelp, base_url(request));
}

http::Response admin_help(const http::Request& request) {
  return text(kAdminHelp, base_url(request));
}

}  // namespace gateway::api
