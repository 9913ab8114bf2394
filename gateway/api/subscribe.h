// What: GET and HEAD /events: opens a stream on the boards that the query names, or says why not.
// Owner: the worker's API. Thread: the worker's. Invariant: everything is checked before the hub
// hears of the stream, so a refused request opens nothing.
#pragma once

#include <chrono>
#include <string_view>

#include "api/context.h"
#include "api/reply.h"
#include "api/stream_query.h"
#include "http/exchange.h"

namespace gateway::api {

/// Ends the stream, if this worker has it, because another has taken its name.
void end_replaced(const StreamTable& streams, const StreamId& id);

class Subscriber {
 public:
  /// What `context` refers to outlives the subscriber.
  Subscriber(const Context& context, Reply reply);

  /// Answers now: a stream, its head alone to HEAD, or a refusal.
  void handle(http::Exchange& exchange);

 private:
  /// An operator has sent this client away. Counts it.
  bool is_kicked(const http::Exchange& exchange, const auth::Grant& grant);
  void open(http::Exchange& exchange, StreamQuery query, const auth::Grant& grant);
  /// Claims the query's name for `body`, ends who had it, and puts the boards remembered under it
  /// in place of the URL's. True: there were some, and all of them are granted.
  bool claim_name(StreamQuery& query, const StreamId& id, const auth::Grant& grant,
                  StreamBody& body);
  void not_admitted(http::Exchange& exchange, const http::Response& answer);
  bool is_of_unknown_log(const broker::Start& start) const;
  void refuse_away(http::Exchange& exchange);
  /// With the delay of any reconnect.
  void refuse_now(http::Exchange& exchange, std::string_view reason, std::string_view detail);
  void refuse_draining(http::Exchange& exchange);
  void refuse_full(http::Exchange& exchange);
  /// The client has had his share of streams, which he was told. Counts it.
  bool is_over(http::Exchange& exchange, const auth::Grant& grant);
  struct Refusal {
    std::string_view reason;
    std::chrono::milliseconds retry;
    http::Response otherwise;
  };
  /// For what passes by itself: in a way after which an EventSource tries again, see
  /// options.refuse; `otherwise` to all others.
  void refuse(http::Exchange& exchange, Refusal refusal);

  Context context_;
  Reply reply_;
};

}  // namespace gateway::api
