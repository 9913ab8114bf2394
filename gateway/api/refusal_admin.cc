#include "api/refusal_admin.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/problem.h"
#include "base/log.h"
#include "base/text.h"

namespace gateway::api {
namespace {

/// {"refusals":[{"subject":"ann","left":592}]}, `left` in seconds, at least 1.
std::string refusals_json(const std::vector<Refused>& all) {
  std::string json = "{\"refusals\":[";
  for (const Refused& one : all) {
    if (json.back() == '}') json += ',';
    json += one.subject.empty() ? "{\"address\":" : "{\"subject\":";
    base::append_json_string(json, one.subject.empty() ? one.address : one.subject);
    json +=
        ",\"left\":" + std::to_string(std::chrono::ceil<std::chrono::seconds>(one.left).count()) +
        '}';
  }
  return json + "]}";
}

/// Nothing unless exactly one of the two is given, once and not empty.
std::optional<Refused> read_refused(const std::string& query) {
  Refused refused;
  std::size_t given = 0;
  for (base::FormField& field : base::parse_form(query)) {
    if (field.name != "subject" && field.name != "address") continue;
    ++given;
    (field.name == "subject" ? refused.subject : refused.address) = std::move(field.value);
  }
  if (given != 1 || (refused.subject.empty() && refused.address.empty())) return std::nullopt;
  return refused;
}

}  // namespace

RefusalAdmin::RefusalAdmin(Kicks& kicks, const base::Clock& clock, Reply reply)
    : kicks_(kicks), clock_(clock), reply_(std::move(reply)) {}

void RefusalAdmin::list(http::Exchange& exchange) {
  reply_(exchange, json_answer(refusals_json(kicks_.list(clock_.now()))));
}

void RefusalAdmin::take_back(http::Exchange& exchange) {
  const std::optional<Refused> refused = read_refused(exchange.request().query);
  if (!refused) {
    reply_(exchange, problem(400,
                             "Say which one: ?subject= or ?address=, as GET /admin/refusals says "
                             "it."));
    return;
  }
  if (!kicks_.take_back(*refused)) {
    reply_(exchange, problem(404, "There is no such refusal."));
    return;
  }
  BC_LOG(info, "an operator took a refusal back", {"subject", refused->subject},
         {"address", refused->address}, {"operator", exchange.peer().address});
  http::Response response;
  response.status = 204;
  reply_(exchange, std::move(response));
}

}  // namespace gateway::api
