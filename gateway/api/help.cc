#include "api/help.h"

#include <string>
#include <string_view>

#include "api/origin.h"
#include "api/reply.h"

namespace gateway::api {
namespace {

constexpr std::string_view kTrafficHelp =
    R"(Boardcast: any number of boards on one stream, any number of streams on one connection.

Subscribe{where}:
  curl {trust}-N '{url}/events?boards=board-1,board-2&format=json'

Publish:
  curl {trust}'{url}/events?board=board-1' -d 'hello'
  curl {trust}'{url}/events' -H 'content-type: application/json' \
    -d '{"boards":["board-1","board-2"],"event":"greeting","data":{"text":"hello"}}'

Is it up, is it ready:
  curl {trust}'{url}/healthz'
  curl {trust}'{url}/readyz'
)";

constexpr std::string_view kAdminHelp =
    R"(Boardcast, for operators. In a browser, {url}/ is a dashboard of all this.

Streams by board, and connections:
  curl '{url}/admin/connections?prefix=&limit=1000'

Cut a connection without a goodbye, to see how its client takes it:
  curl -X DELETE '{url}/admin/connections/c1'

Streams, those that lag the most first; end one, and refuse its client for a while:
  curl '{url}/admin/streams?sort=lag&limit=50'
  curl -X DELETE '{url}/admin/streams/ID?for=10m'

Whom that refuses; take it back:
  curl '{url}/admin/refusals'
  curl -X DELETE '{url}/admin/refusals?subject=ann'

Metrics in the Prometheus text format (of single boards, too, with admin.metrics_per_board):
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

/// No public CA vouches for a loopback name, so there the certificate is the checkout's own.
bool is_development(const http::Request& request) {
  const std::string& authority = request.authority;
  const std::size_t port = authority.find_last_of(":]");
  const bool has_port = port != std::string::npos && authority[port] == ':';
  return request.tls &&
         is_loopback(std::string_view(authority).substr(0, has_port ? port : authority.size()));
}

void replace_all(std::string& text, std::string_view name, std::string_view value) {
  for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size()) {
    text.replace(at, name.size(), value);
  }
}

http::Response text(std::string_view form, const http::Request& request) {
  http::Response response = text_answer("text/plain; charset=utf-8", std::string(form));
  response.fields.add("x-content-type-options", "nosniff");
  const bool development = is_development(request);
  replace_all(response.body, "{where}", development ? " (in the folder of the checkout)" : "");
  replace_all(response.body, "{trust}", development ? "--cacert certs/ca.crt " : "");
  replace_all(response.body, "{url}", base_url(request));
  return response;
}

}  // namespace

http::Response traffic_help(const http::Request& request) { return text(kTrafficHelp, request); }

http::Response admin_help(const http::Request& request) { return text(kAdminHelp, request); }

}  // namespace gateway::api
