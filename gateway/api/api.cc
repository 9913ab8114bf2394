#include "api/api.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "api/accept.h"
#include "api/admin.h"
#include "api/admission.h"
#include "api/common_fields.h"
#include "api/cors.h"
#include "api/health.h"
#include "api/help.h"
#include "api/origin.h"
#include "api/pages.h"
#include "api/problem.h"
#include "api/publish.h"
#include "api/refusal_admin.h"
#include "api/stream_admin.h"
#include "api/stream_change.h"
#include "api/stream_id.h"
#include "api/subscribe.h"
#include "http/access_line.h"
#include "http/router.h"

namespace gateway::api {
namespace {

enum class Role : std::uint8_t { traffic, admin };

void hide_stream_id(const http::Exchange& exchange) {
  http::AccessLine* const line = exchange.access_line();
  if (line != nullptr) line->set_path(logged_path(exchange.request().path));
}

class Api final : public http::Handler {
 public:
  Api(const Context& context, Role role)
      : context_(context),
        operator_options_(for_admin(context.options)),
        role_(role),
        subscriber_(context_, reply()),
        publisher_(context_, reply()),
        changer_(context_, reply()),
        admin_(context_, reply()),
        stream_admin_(context_.fleet, context_.backbone, reply()),
        refusal_admin_(context_.kicks, context_.clock, reply()) {
    if (role == Role::traffic) add_traffic_routes();
    if (role == Role::traffic && context.options.page) add_page_routes();
    if (role == Role::admin) add_dashboard_routes();
    if (role == Role::admin || context.options.admin_public != PublicAdmin::off) {
      add_admin_routes();
    }
    add_routes_of_every_listener();
  }

  void handle(http::Exchange& exchange) override {
    hide_stream_id(exchange);
    const http::Request& request = exchange.request();
    if (role_ == Role::admin && !is_admin_host(request.authority)) {
      answer(exchange, problem(421,
                               "The admin listener answers to localhost and to IP addresses: "
                               "use one of these as the host."));
    } else if (foreign_write(options_for(request).cors, request)) {
      context_.counters.foreign_origin.add();
      answer(exchange, foreign_origin_problem(request));
    } else if (request.method == "OPTIONS") {
      answer(exchange, options(request));
    } else {
      dispatch(exchange);
    }
  }

  void refuse(http::Exchange& exchange, const http::Refusal& refusal) override {
    hide_stream_id(exchange);
    constexpr std::chrono::seconds kRetry{5};
    answer(exchange, refusal.status == 503 ? unavailable(refusal.detail, kRetry)
                                           : problem(refusal.status, refusal.detail));
  }

 private:
  /// Where an operator shows who he is, his cookie must not serve the pages of others.
  const Options& options_for(const http::Request& request) const {
    const std::string& path = request.path;
    const bool guarded = context_.options.admin_public == PublicAdmin::token &&
                         (path.starts_with("/admin/") || path == "/metrics");
    return guarded ? operator_options_ : context_.options;
  }
  void answer(http::Exchange& exchange, http::Response response) const {
    add_common_fields(options_for(exchange.request()), exchange.request(), response);
    exchange.respond(std::move(response));
  }
  Reply reply() {
    return [this](http::Exchange& exchange, http::Response response) {
      answer(exchange, std::move(response));
    };
  }

  /// A preflight is answered for unknown paths too: the page then sees their 404 and not only that
  /// something was not allowed.
  http::Response options(const http::Request& request) const {
    const std::string allow = router_.allow(request.path);
    const Options& options = options_for(request);
    if (!allow.empty()) return preflight(options, request, allow);
    if (!request.fields.has("access-control-request-method")) return not_found();
    return preflight(options, request, "OPTIONS");
  }

  void dispatch(http::Exchange& exchange) const {
    const http::Request& request = exchange.request();
    const http::Router::Match match = router_.match(request.method, request.path);
    switch (match.outcome) {
      case http::Router::Outcome::found:
        (*match.action)(exchange, match.parameter);
        break;
      case http::Router::Outcome::not_found:
        answer(exchange, not_found());
        break;
      case http::Router::Outcome::method_not_allowed:
        answer(exchange, method_not_allowed(match.allow));
        break;
    }
  }

  http::Response not_found() const {
    return problem(404, role_ == Role::traffic
                            ? "There is nothing at this path. Streams and publishing are at "
                              "/events; GET / lists what there is."
                            : "There is nothing at this path. GET / lists what there is.");
  }

  /// The page or the dashboard for browsers, where they are wanted, lines to copy for all others.
  http::Response front(const http::Request& request) const {
    const bool admin = role_ == Role::admin;
    if (!admin && !context_.options.page) return traffic_help(request);
    http::Response response;
    if (names_html(request.fields.get("accept"))) {
      response = admin ? dashboard_file("index.html") : page_file("index.html");
    } else {
      response = admin ? admin_help(request) : traffic_help(request);
    }
    response.fields.append_member("vary", "accept");
    return response;
  }

  void add_traffic_routes() {
    router_.add("GET", "/events", [this](http::Exchange& exchange, std::string_view) {
      subscriber_.handle(exchange);
    });
    router_.add("PATCH", "/events/{stream}",
                [this](http::Exchange& exchange, std::string_view stream) {
                  changer_.handle(exchange, stream);
                });
    router_.add("POST", "/events", [this](http::Exchange& exchange, std::string_view) {
      publisher_.handle(exchange);
    });
  }

  void add_page_routes() {
    router_.add("GET", "/page/listeners", [this](http::Exchange& exchange, std::string_view) {
      answer(exchange, page_listeners(context_.fleet.addresses()));
    });
    router_.add("GET", "/page/{file}", [this](http::Exchange& exchange, std::string_view file) {
      answer(exchange, page_file(file));
    });
  }

  void add_dashboard_routes() {
    router_.add("GET", "/dashboard/{file}",
                [this](http::Exchange& exchange, std::string_view file) {
                  answer(exchange, dashboard_file(file));
                });
  }

  void add_admin_routes() {
    add_admin_route(
        "GET", "/admin/connections",
        [this](http::Exchange& exchange, std::string_view) { admin_.connections(exchange); });
    add_admin_route(
        "DELETE", "/admin/connections/{id}",
        [this](http::Exchange& exchange, std::string_view id) { admin_.cut(exchange, id); });
    add_admin_route("GET", "/admin/streams", [this](http::Exchange& exchange, std::string_view) {
      stream_admin_.list(exchange);
    });
    add_admin_route(
        "DELETE", "/admin/streams/{id}",
        [this](http::Exchange& exchange, std::string_view id) { stream_admin_.end(exchange, id); });
    add_admin_route("GET", "/admin/refusals", [this](http::Exchange& exchange, std::string_view) {
      refusal_admin_.list(exchange);
    });
    add_admin_route(
        "DELETE", "/admin/refusals",
        [this](http::Exchange& exchange, std::string_view) { refusal_admin_.take_back(exchange); });
    add_admin_route("GET", "/metrics", [this](http::Exchange& exchange, std::string_view) {
      admin_.metrics(exchange);
    });
  }

  /// On the operator's own listener nobody is asked; on the public ones, as admin.public says.
  void add_admin_route(std::string_view method, std::string_view pattern,
                       http::Router::Action action) {
    if (role_ == Role::admin || context_.options.admin_public == PublicAdmin::open) {
      return router_.add(method, pattern, std::move(action));
    }
    router_.add(
        method, pattern,
        [this, action = std::move(action)](http::Exchange& exchange, std::string_view what) {
          if (is_operator(exchange)) action(exchange, what);
        });
  }

  /// False: it was answered that he is none.
  bool is_operator(http::Exchange& exchange) const {
    const http::Request& request = exchange.request();
    const CorsOptions& cors = operator_options_.cors;
    const std::string_view origin = request.fields.get("origin");
    Admission admitted = admit(exchange, cors, context_.gate);
    if (!origin.empty() && !origin_allowed(cors, origin, request)) {
      context_.counters.foreign_origin.add();
      answer(exchange, foreign_origin_problem(request));
    } else if (!admitted) {
      answer(exchange, admitted.error());
    } else if (!(*admitted)->admin) {
      answer(exchange, not_allowed(**admitted,
                                   "This is for tokens that say \"admin\": true, and for "
                                   "certificates that have it.",
                                   context_.gate));
    } else {
      return true;
    }
    return false;
  }

  void add_routes_of_every_listener() {
    router_.add("GET", "/healthz",
                [this](http::Exchange& exchange, std::string_view) { answer(exchange, health()); });
    router_.add("GET", "/readyz", [this](http::Exchange& exchange, std::string_view) {
      answer(exchange, readiness(context_.fleet, context_.backbone, context_.gate));
    });
    router_.add("GET", "/", [this](http::Exchange& exchange, std::string_view) {
      answer(exchange, front(exchange.request()));
    });
  }

  const Context context_;
  const Options operator_options_;  // as they were at the start: no origins are listed in them
  const Role role_;
  Subscriber subscriber_;
  Publisher publisher_;
  StreamChanger changer_;
  Admin admin_;
  StreamAdmin stream_admin_;
  RefusalAdmin refusal_admin_;
  http::Router router_;
};

}  // namespace

Options for_admin(Options options) {
  options.cors.origins.clear();
  return options;
}

std::unique_ptr<http::Handler> make_traffic_api(const Context& context) {
  return std::make_unique<Api>(context, Role::traffic);
}

std::unique_ptr<http::Handler> make_admin_api(const Context& context) {
  return std::make_unique<Api>(context, Role::admin);
}

}  // namespace gateway::api
