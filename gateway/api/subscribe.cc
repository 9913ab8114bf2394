#include "api/subscribe.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "api/accept.h"
#include "api/admission.h"
#include "api/common_fields.h"
#include "api/problem.h"
#include "api/stream_body.h"
#include "api/stream_opening.h"
#include "http/access_line.h"

namespace gateway::api {
namespace {

http::Response stream_head() {
  http::Response head;
  head.fields.add("content-type", "text/event-stream");
  // no-transform: a proxy that compresses would hold events back until its buffer is full.
  head.fields.add("cache-control", "no-store, no-transform");
  head.fields.add("x-accel-buffering", "no");
  return head;
}

/// Mean delays of a reconnect until one asks again whose streams are as many as he may have.
constexpr int kRetriesFull = 10;

/// Tells an EventSource to stop (WHATWG HTML §9.2.1).
http::Response gone() {
  http::Response response;
  response.status = 204;
  response.fields.add("cache-control", "no-store");
  return response;
}

}  // namespace

void end_replaced(const StreamTable& streams, const StreamId& id) {
  if (StreamBody* const stream = streams.find(id)) {
    stream->subscription()->end(broker::EndReason::replaced);
  }
}

Subscriber::Subscriber(const Context& context, Reply reply)
    : context_(context), reply_(std::move(reply)) {}

void Subscriber::handle(http::Exchange& exchange) {
  const http::Request& request = exchange.request();
  const Admission admitted = admit(exchange, context_.options.cors, context_.gate);
  if (!admitted) return not_admitted(exchange, admitted.error());
  const auth::Grant& grant = **admitted;
  if (is_kicked(exchange, grant)) return reply_(exchange, gone());
  if (context_.fleet.draining()) return refuse_draining(exchange);
  if (context_.fleet.memory() >= base::MemoryLevel::full) return refuse_full(exchange);
  if (!context_.backbone.loaded()) return refuse_away(exchange);
  if (!accepts_event_stream(request.fields.get("accept"))) {
    return reply_(exchange, problem(406,
                                    "A stream is text/event-stream: name it in accept, or leave "
                                    "accept out."));
  }
  base::Result<StreamQuery> query = read_stream_query(
      request, {context_.options.format, context_.stream_options.boards_per_stream,
                context_.backbone.newest()});
  if (!query) return reply_(exchange, problem(400, query.error().message));
  if (is_of_unknown_log(query->start)) return refuse_away(exchange);
  for (const std::string& name : query->filter.names()) {
    if (grant.may_subscribe(name)) continue;
    return reply_(exchange, not_granted(grant, "read", name, context_.gate));
  }
  if (is_over(exchange, grant)) return;
  open(exchange, *std::move(query), grant);
}

// 503: a key that is on its way, or a storm of forged tokens. A page that was told by a status
// would never come back.
void Subscriber::not_admitted(http::Exchange& exchange, const http::Response& answer) {
  if (answer.status == 503) return refuse(exchange, {"token", context_.hub.draw_retry(), answer});
  reply_(exchange, answer);
}

bool Subscriber::is_kicked(const http::Exchange& exchange, const auth::Grant& grant) {
  if (!context_.kicks.refuses(exchange.peer(), context_.clock.now(), grant.subject)) return false;
  context_.counters.streams_refused_kicked.add();
  return true;
}

bool Subscriber::is_over(http::Exchange& exchange, const auth::Grant& grant) {
  if (exchange.request().method == "HEAD") return false;  // opens nothing
  const auto exceeded =
      context_.clients.open(exchange.peer(), grant.subject, context_.options.clients);
  if (!exceeded) return false;
  base::Counter& refused = context_.counters.clients.of(exceeded->limit);
  refused.add();
  context_.clients.tell(exceeded->limit, exchange.peer(), grant.subject, refused);
  // A rate says when it is over; of those that wait for an end each asks as rarely.
  std::chrono::milliseconds retry = context_.hub.draw_retry();
  retry = exceeded->wait ? retry + std::chrono::ceil<std::chrono::milliseconds>(*exceeded->wait)
                         : retry * kRetriesFull;
  refuse(exchange, {"too_many", retry, too_many(advice(exceeded->limit), retry)});
  return true;
}

void Subscriber::open(http::Exchange& exchange, StreamQuery query, const auth::Grant& grant) {
  const http::Request& request = exchange.request();
  http::Response head = stream_head();
  add_common_fields(context_.options, request, head);
  auto body = std::make_unique<StreamBody>(exchange, context_.clock.now());
  if (request.method == "HEAD") {
    exchange.respond_stream(std::move(head), std::move(body));
    return;
  }

  const StreamId id = draw_stream_id(context_.random);
  std::optional<bool> restored;
  if (!query.name.empty()) restored = claim_name(query, id, grant, *body);
  std::unique_ptr<broker::Subscription> subscription =
      context_.hub.subscribe({std::move(query.filter), query.format, query.limit}, *body);
  const broker::Hub::Beginning beginning = context_.hub.begin(*subscription, query.start);
  context_.streams.add(*body, id);
  OpeningText text = opening_text({
      .retry = context_.hub.draw_retry(),
      .beginning = beginning,
      .stream = to_string(id),
      .boards = subscription->filter().names(),
      .resumed = query.start.kind == broker::Start::Kind::after && !beginning.gap,
      .restored = restored,
      .protocol = http::to_string(request.protocol),
      .connection = exchange.peer().connection_id,
      .position = subscription->position(),
  });
  context_.hub.open(*subscription, std::move(text.before), std::move(text.opening));
  body->open(std::move(subscription));
  if (http::AccessLine* const line = exchange.access_line()) body->end_in(*line, query.limit);
  if (grant.is_proven()) {
    body->hold(
        std::make_unique<StreamLease>(context_.leases, *body, grant.subject,
                                      context_.leases.end_of(grant, context_.gate.options())));
  }
  exchange.respond_stream(std::move(head), std::move(body));
}

bool Subscriber::claim_name(StreamQuery& query, const StreamId& id, const auth::Grant& grant,
                            StreamBody& body) {
  StreamNames::Claimed claimed = context_.names.claim(query.name, grant.subject, id);
  body.hold(std::move(claimed.claim));
  if (claimed.replaced) context_.fleet.replace(*claimed.replaced);
  // What another token had added, this one has to grant as well.
  const bool granted =
      std::all_of(claimed.boards.begin(), claimed.boards.end(),
                  [&](const std::string& name) { return grant.may_subscribe(name); });
  if (claimed.boards.empty() || !granted) return false;
  auto restored = query.filter.with_names(claimed.boards);
  if (!restored) return false;
  query.filter = *std::move(restored);
  return true;
}

void Subscriber::refuse_now(http::Exchange& exchange, std::string_view reason,
                            std::string_view detail) {
  const std::chrono::milliseconds retry = context_.hub.draw_retry();
  refuse(exchange,
         {reason, retry, unavailable(detail, std::chrono::ceil<std::chrono::seconds>(retry))});
}

void Subscriber::refuse_draining(http::Exchange& exchange) {
  context_.counters.streams_refused_drain.add();
  refuse_now(exchange, "drain",
             "This node is stopping and opens no stream: try again, and another node will answer.");
}

void Subscriber::refuse_full(http::Exchange& exchange) {
  context_.counters.streams_refused_memory.add();
  refuse_now(exchange, "full",
             "This node is short of memory and opens no stream: try again later.");
}

// While this node is cut off, another may have begun a log that it has yet to hear of: then nothing
// was missed, and a gap would be told twice.
bool Subscriber::is_of_unknown_log(const broker::Start& start) const {
  return start.kind == broker::Start::Kind::after && !context_.backbone.current() &&
         start.id.epoch != context_.backbone.log().head().epoch;
}

void Subscriber::refuse_away(http::Exchange& exchange) {
  context_.counters.streams_refused_backbone.add();
  refuse_now(exchange, "backbone",
             "This node has lost its backbone and cannot say what this stream has missed: try "
             "again.");
}

void Subscriber::refuse(http::Exchange& exchange, Refusal refusal) {
  const std::string_view accept = exchange.request().fields.get("accept");
  if (context_.options.refuse == Refuse::status || !names_event_stream(accept)) {
    return reply_(exchange, std::move(refusal.otherwise));
  }
  if (http::AccessLine* const line = exchange.access_line()) line->stream_ended(refusal.reason, 0);
  http::Response response = stream_head();
  response.body = refusal_text(refusal.retry, refusal.reason);
  reply_(exchange, std::move(response));
}

}  // namespace gateway::api
