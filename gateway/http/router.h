// What: the table from method and path to action, with the answers that HTTP asks for when there is
// none: 404 for an unknown path, 405 with `allow` for a known one (RFC 9110 §15.5.6). Owner: the
// handler that dispatches by it. Thread: filled by its owner, then only read.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"

namespace gateway::http {

class Router {
 public:
  /// `parameter`: what stood in the place of "{…}", percent-encoding kept; empty for a route
  /// without one. The view lives as long as the path that was matched.
  using Action = std::function<void(Exchange& exchange, std::string_view parameter)>;

  enum class Outcome : std::uint8_t { found, not_found, method_not_allowed };
  struct Match {
    Outcome outcome = Outcome::not_found;
    const Action* action = nullptr;  // found: lives as long as the router is unchanged
    std::string_view parameter;      // found
    std::string allow;               // method_not_allowed: "GET, HEAD, POST, OPTIONS"
  };

  /// `pattern` is an absolute path ("/events") or one whose last segment is a parameter
  /// ("/events/{stream}"), which stands for one segment of at least one byte. A path that is
  /// written out wins over a parameter. A GET action answers HEAD too unless HEAD has its own.
  /// Adding the same method and pattern twice is a bug.
  void add(std::string_view method, std::string_view pattern, Action action);

  /// Methods and paths are compared byte for byte (RFC 9110 §9.1; RFC 3986 §6.2.2 leaves decoding
  /// to the action).
  Match match(std::string_view method, std::string_view path) const;

  /// What `path` allows, as in `Match::allow`: OPTIONS included, because whoever has a router
  /// answers that from this list. Empty for an unknown path.
  std::string allow(std::string_view path) const;

 private:
  struct Method {
    std::string name;
    Action action;
  };
  struct Route {
    std::string prefix;  // the whole path, or all before the parameter: "/events/"
    bool parameter = false;
    std::vector<Method> methods;
  };

  const Route* route_of(std::string_view path) const;

  std::vector<Route> routes_;  // a handful: look-up is a scan
};

}  // namespace gateway::http
