#include "api/pages.h"

#include <string>

#include "api/problem.h"
#include "base/text.h"

namespace gateway::api {
namespace {

// The page compares its own origin with the other listeners of the same gateway on this machine.
// (A policy cannot name an IPv6 address: CSP 3 §2.3.1 knows no brackets.)
std::string policy() {
  const std::string here =
      " 'self' http://localhost:* https://localhost:* http://*.localhost:* https://*.localhost:*"
      " http://127.0.0.1:* https://127.0.0.1:*";
  return "default-src 'self'; connect-src" + here + "; frame-src" + here + "; frame-ancestors" +
         here + "; base-uri 'none'; form-action 'none'; object-src 'none'";
}

std::string_view media_type(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  return "image/svg+xml";
}

}  // namespace

http::Response page_file(std::string_view name) {
  for (const PageFile& file : page_files()) {
    if (file.name != name) continue;
    http::Response response;
    response.fields.add("content-type", std::string(media_type(name)));
    response.fields.add("cache-control", "no-cache");
    response.fields.add("content-security-policy", policy());
    response.fields.add("x-content-type-options", "nosniff");
    response.fields.add("referrer-policy", "no-referrer");
    response.body = file.text;
    return response;
  }
  return problem(404, "The page has no such file. GET / shows it.");
}

http::Response page_listeners(const std::vector<std::string>& addresses) {
  http::Response response;
  response.fields.add("content-type", "application/json");
  response.fields.add("cache-control", "no-store");
  std::string list;
  for (const std::string& address : addresses) {
    list += (list.empty() ? "" : ",") + base::json_string(address);
  }
  response.body = "{\"listeners\":[" + list + "]}\n";
  return response;
}

}  // namespace gateway::api
