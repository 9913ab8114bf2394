// What: POST /events: reads a publication whole (JSON, NDJSON, form or text), refuses it whole or
// hands it to the backbone, and answers with the ids. Owner: the worker's API. Thread: the
// worker's. Invariant: nothing of a refused request is published; a 200 is sent only for events
// that have their place in the log.
#pragma once

#include "api/context.h"
#include "api/publication.h"
#include "api/reply.h"
#include "backbone/backbone.h"
#include "base/weak_ptr.h"
#include "http/exchange.h"

namespace gateway::api {

class Publisher : public base::WeakTarget<Publisher> {
 public:
  /// What `context` refers to outlives the publisher.
  Publisher(const Context& context, Reply reply);

  /// Answers a POST, now or when the backbone has decided. Methods and foreign origins are the
  /// caller's work.
  void handle(http::Exchange& exchange);

 private:
  /// The client has had his share, which he was told. Counts it.
  bool is_over(http::Exchange& exchange, const auth::Grant& grant);
  Reading read(const http::Request& request) const;
  void finish(http::Exchange* exchange, bool batch, const backbone::PublishResult& result);
  void count(const backbone::PublishResult& result);

  Context context_;
  Reply reply_;
};

}  // namespace gateway::api
