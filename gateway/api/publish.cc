#include "api/publish.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "api/admission.h"
#include "api/credentials.h"
#include "api/json_publish.h"
#include "api/media_type.h"
#include "api/problem.h"
#include "api/publication.h"
#include "api/text_publish.h"
#include "broker/event_id.h"

namespace gateway::api {
namespace {

constexpr std::string_view kAcceptPost =
    "application/json, application/x-ndjson, application/x-www-form-urlencoded, text/*";

// A restart takes longer than a lost connection to the backbone.
constexpr std::chrono::seconds kRetryDraining{5};
constexpr std::chrono::seconds kRetryBackbone{2};

base::Fail<Rejection> unsupported(std::string_view what) {
  return base::Fail{
      Rejection{415, std::string(what) + "; send one of " + std::string(kAcceptPost) +
                         " (content-type: application/json for {\"board\":…,\"data\":…})."}};
}

Reading read_json_body(bool lines, std::string_view query, const http::Request& request,
                       const PublishLimits& limits) {
  if (!query.empty()) {
    return base::Fail{Rejection{
        400,
        "A JSON publication takes nothing from the URL: its boards and event stand in the "
        "body; leave out the query."}};
  }
  return lines ? read_ndjson_publication(request.body, limits)
               : read_json_publication(request.body, limits);
}

/// `query`: that of the request, without its token.
Reading read_publication(std::string_view query, const http::Request& request,
                         const PublishLimits& limits) {
  if (!request.fields.has("content-type")) return unsupported("There is no content-type");
  const std::string_view sent = request.fields.get("content-type");
  const auto media = parse_media_type(sent);
  if (!media) return unsupported("The content-type " + in_quotes(sent) + " is no media type");
  if (!media->charset.empty() && media->charset != "utf-8" && media->charset != "us-ascii") {
    return unsupported("The charset " + in_quotes(media->charset) + " is not UTF-8");
  }
  if (media->essence == "application/json") {
    return read_json_body(false, query, request, limits);
  }
  if (media->essence == "application/x-ndjson") {
    return read_json_body(true, query, request, limits);
  }
  if (media->essence == "application/x-www-form-urlencoded") {
    return read_form_publication(query, request.body);
  }
  if (media->essence.starts_with("text/")) {
    return read_text_publication(query, request.body);
  }
  return unsupported("The content-type " + in_quotes(media->essence) + " cannot be published");
}

/// Each subject has keys of its own, and so have those without. No key has a line break in it.
void scope_keys(std::vector<broker::Draft>& drafts, const std::string& subject) {
  for (broker::Draft& draft : drafts) {
    if (!draft.key.empty()) draft.key += '\n' + subject;
  }
}

http::Response refusal(const Rejection& rejection) {
  http::Response response = problem(rejection.status, rejection.detail);
  if (rejection.status == 415) response.fields.add("accept-post", std::string(kAcceptPost));
  return response;
}

http::Response accepted(bool batch, const std::vector<broker::EventId>& ids) {
  std::string json;
  json.reserve(ids.size() * (broker::kEventIdLength + 3) + 16);
  json += batch ? R"({"ids":[)" : R"({"id":)";
  std::string_view separator;
  for (const broker::EventId id : ids) {
    json += separator;
    json += '"' + broker::to_string(id) + '"';
    separator = ",";
  }
  json += batch ? "]}" : "}";
  return json_answer(std::move(json));
}

http::Response refused(bool batch, backbone::PublishError error) {
  using backbone::PublishError;
  switch (error.reason) {
    case PublishError::conflict:
      return problem(409, (batch ? "item " + std::to_string(error.index) + ": " : std::string()) +
                              "The key stands for an event of other content (boards, event, "
                              "data), so nothing was published; take another key for this one.");
    case PublishError::unavailable:
      return unavailable(
          "This server is overloaded or its backbone is away: nothing was published; try again "
          "later.",
          kRetryBackbone);
    case PublishError::unknown:
      break;
  }
  return unavailable(
      "The backbone did not say in time whether it took the events: they may be "
      "published or not; trying again may publish those without a key twice.",
      kRetryBackbone);
}

}  // namespace

Publisher::Publisher(const Context& context, Reply reply)
    : context_(context), reply_(std::move(reply)) {}

void Publisher::handle(http::Exchange& exchange) {
  Counters& counters = context_.counters;
  counters.publish_requests.add();
  if (context_.fleet.draining()) {
    counters.publish_refused_unavailable.add();
    return reply_(
        exchange,
        unavailable("This server is stopping, nothing was published; try again.", kRetryDraining));
  }
  if (!context_.backbone.connected()) {
    return finish(&exchange, false,
                  base::Fail{backbone::PublishError{backbone::PublishError::unavailable}});
  }
  const Admission admitted = admit(exchange, context_.options.cors, context_.gate);
  if (!admitted) return reply_(exchange, admitted.error());
  const auth::Grant& grant = **admitted;
  if (grant.publish.empty()) {  // whatever it is; so no stranger's body is read
    return reply_(exchange, not_granted(grant, "publish", context_.gate));
  }
  if (is_over(exchange, grant)) return;
  Reading reading = read(exchange.request());
  if (!reading) {
    counters.publish_refused_invalid.add();
    return reply_(exchange, refusal(reading.error()));
  }
  for (const broker::Draft& draft : reading->drafts) {
    for (const std::string& board : draft.boards) {
      if (grant.may_publish(board)) continue;
      return reply_(exchange, not_granted(grant, "publish to", board, context_.gate));
    }
  }
  context_.clients.charge(reading->drafts.size(), exchange.peer(), grant.subject,
                          context_.options.clients);
  if (!grant.subject.empty()) scope_keys(reading->drafts, grant.subject);
  const bool batch = reading->batch;
  // The backbone may answer when the asker has left, or the whole API.
  context_.backbone.publish(
      std::move(reading->drafts),
      [self = weak(), asker = exchange.weak(), batch](const backbone::PublishResult& result) {
        if (self.get() != nullptr) {
          self.get()->finish(asker.get(), batch, result);
        }
      });
}

bool Publisher::is_over(http::Exchange& exchange, const auth::Grant& grant) {
  const auto exceeded =
      context_.clients.publish(exchange.peer(), grant.subject, context_.options.clients);
  if (!exceeded) return false;
  base::Counter& refused = context_.counters.clients.of(exceeded->limit);
  refused.add();
  context_.clients.tell(exceeded->limit, exchange.peer(), grant.subject, refused);
  reply_(exchange, too_many(advice(exceeded->limit),
                            std::chrono::ceil<std::chrono::milliseconds>(*exceeded->wait)));
  return true;
}

Reading Publisher::read(const http::Request& request) const {
  const PublishLimits limits{context_.options.batch_events, context_.options.json_depth};
  if (!context_.gate.asks() || !context_.gate.options().query_token) {
    return read_publication(request.query, request, limits);
  }
  return read_publication(without_token(request.query), request, limits);
}

void Publisher::finish(http::Exchange* exchange, bool batch,
                       const backbone::PublishResult& result) {
  count(result);
  if (exchange == nullptr) return;
  reply_(*exchange, result ? accepted(batch, result->ids) : refused(batch, result.error()));
}

void Publisher::count(const backbone::PublishResult& result) {
  Counters& counters = context_.counters;
  if (result) {
    counters.published_events.add(result->ids.size() - result->repeated);
    counters.publish_deduplicated.add(result->repeated);
  } else if (result.error().reason == backbone::PublishError::conflict) {
    counters.publish_refused_conflict.add();
  } else {
    counters.publish_refused_unavailable.add();
  }
}

}  // namespace gateway::api
