#include "api/pages.h"

#include <string>
#include <utility>

#include "api/problem.h"
#include "api/reply.h"
#include "base/text.h"

namespace gateway::api {
namespace {

// The page compares its own origin with the other listeners of the same gateway on this machine.
// (A policy cannot name an IPv6 address: CSP 3 §2.3.1 knows no brackets.)
std::string page_policy() {
  const std::string here =
      " 'self' http://localhost:* https://localhost:* http://*.localhost:* https://*.localhost:*"
      " http://127.0.0.1:* https://127.0.0.1:*";
  return "default-src 'self'; connect-src" + here + "; frame-src" + here + "; frame-ancestors" +
         here + "; base-uri 'none'; form-action 'none'; object-src 'none'";
}

constexpr std::string_view kDashboardPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

std::string_view media_type(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  return "image/svg+xml";
}

http::Response file_of(std::span<const PageFile> files, std::string_view name, std::string policy) {
  for (const PageFile& file : files) {
    if (file.name != name) continue;
    http::Response response;
    response.fields.add("content-type", std::string(media_type(name)));
    response.fields.add("cache-control", "no-cache");
    response.fields.add("content-security-policy", std::move(policy));
    response.fields.add("x-content-type-options", "nosniff");
    response.fields.add("referrer-policy", "no-referrer");
    response.body = file.text;
    return response;
  }
  return problem(404, "The page has no such file. GET / shows it.");
}

}  // namespace

http::Response page_file(std::string_view name) {
  return file_of(page_files(), name, page_policy());
}

http::Response dashboard_file(std::string_view name) {
  return file_of(dashboard_files(), name, std::string(kDashboardPolicy));
}

http::Response page_listeners(const std::vector<std::string>& addresses) {
  std::string list;
  for (const std::string& address : addresses) {
    list += (list.empty() ? "" : ",") + base::json_string(address);
  }
  return json_answer("{\"listeners\":[" + list + "]}");
}

}  // namespace gateway::api
