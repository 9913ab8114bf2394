#include "api/subscribe.h"

#include <chrono>
#include <memory>
#include <utility>

#include "api/accept.h"
#include "api/common_fields.h"
#include "api/problem.h"
#include "api/stream_body.h"
#include "api/stream_opening.h"

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
  if (context_.kicks.refuses(exchange.peer(), context_.clock.now())) {
    context_.counters.streams_refused_kicked.add();
    http::Response gone;
    gone.status = 204;  // tells an EventSource to stop (WHATWG HTML §9.2.1)
    gone.fields.add("cache-control", "no-store");
    reply_(exchange, std::move(gone));
    return;
  }
  if (context_.fleet.draining()) {
    refuse(exchange);
    return;
  }
  if (!accepts_event_stream(request.fields.get("accept"))) {
    reply_(exchange, problem(406,
                             "A stream is text/event-stream: name it in accept, or leave "
                             "accept out."));
    return;
  }
  base::Result<StreamQuery> query = read_stream_query(
      request, {context_.options.format, context_.stream_options.boards_per_stream,
                context_.backbone.log().head()});
  if (!query) {
    reply_(exchange, problem(400, query.error().message));
    return;
  }
  open(exchange, *std::move(query));
}

void Subscriber::open(http::Exchange& exchange, StreamQuery query) {
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
  if (!query.name.empty()) restored = claim_name(query, id, *body);
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
  exchange.respond_stream(std::move(head), std::move(body));
}

bool Subscriber::claim_name(StreamQuery& query, const StreamId& id, StreamBody& body) {
  StreamNames::Claimed claimed = context_.names.claim(query.name, id);
  body.hold(std::move(claimed.claim));
  if (claimed.replaced) context_.fleet.replace(*claimed.replaced);
  if (claimed.boards.empty()) return false;
  query.filter = *query.filter.with_names(claimed.boards);
  return true;
}

void Subscriber::refuse(http::Exchange& exchange) {
  context_.counters.streams_refused_drain.add();
  const std::chrono::milliseconds retry = context_.hub.draw_retry();
  const std::string_view accept = exchange.request().fields.get("accept");
  if (context_.options.refuse == Refuse::in_band && names_event_stream(accept)) {
    http::Response response = stream_head();
    response.body = refusal_text(retry, "drain");
    reply_(exchange, std::move(response));
    return;
  }
  reply_(exchange, unavailable("This node is stopping and opens no stream: try again, and another "
                               "node will answer.",
                               std::chrono::ceil<std::chrono::seconds>(retry)));
}

}  // namespace gateway::api
