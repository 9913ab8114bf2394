#include "http/router.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace gateway::http {
namespace {

template <typename Methods>
auto find_method(Methods& methods, std::string_view name) {
  return std::find_if(methods.begin(), methods.end(),
                      [name](const auto& method) { return method.name == name; });
}

}  // namespace

void Router::add(std::string_view method, std::string_view pattern, Action action) {
  BC_CHECK(pattern.starts_with('/'), pattern);
  const std::size_t brace = pattern.find('{');
  const bool parameter = brace != std::string_view::npos;
  BC_CHECK(!parameter || (pattern[brace - 1] == '/' && pattern.ends_with('}')), pattern);

  const std::string_view prefix = pattern.substr(0, brace);
  auto route = std::find_if(routes_.begin(), routes_.end(), [&](const Route& known) {
    return known.prefix == prefix && known.parameter == parameter;
  });
  if (route == routes_.end()) {
    routes_.push_back(Route{std::string(prefix), parameter, {}});
    route = std::prev(routes_.end());
  }
  BC_CHECK(find_method(route->methods, method) == route->methods.end(), method, pattern);
  route->methods.push_back(Method{std::string(method), std::move(action)});
}

const Router::Route* Router::route_of(std::string_view path) const {
  const Route* by_parameter = nullptr;
  for (const Route& route : routes_) {
    if (!route.parameter) {
      if (path == route.prefix) return &route;
    } else if (path.size() > route.prefix.size() && path.starts_with(route.prefix) &&
               path.find('/', route.prefix.size()) == std::string_view::npos) {
      by_parameter = &route;
    }
  }
  return by_parameter;
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  Match match;
  const Route* route = route_of(path);
  if (route == nullptr) return match;

  auto found = find_method(route->methods, method);
  if (found == route->methods.end() && method == "HEAD") found = find_method(route->methods, "GET");
  if (found == route->methods.end()) {
    match.outcome = Outcome::method_not_allowed;
    match.allow = allow(path);
    return match;
  }
  match.outcome = Outcome::found;
  match.action = &found->action;
  if (route->parameter) match.parameter = path.substr(route->prefix.size());
  return match;
}

std::string Router::allow(std::string_view path) const {
  const Route* route = route_of(path);
  if (route == nullptr) return {};
  const auto has = [route](std::string_view name) {
    return find_method(route->methods, name) != route->methods.end();
  };
  std::string list;
  for (const Method& method : route->methods) {
    list += method.name;
    list += ", ";
    if (method.name == "GET" && !has("HEAD")) list += "HEAD, ";
  }
  if (has("OPTIONS")) {
    list.resize(list.size() - 2);
  } else {
    list += "OPTIONS";
  }
  return list;
}

}  // namespace gateway::http
