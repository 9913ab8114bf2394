// What: how an operator finds and ends a laggard: GET /admin/streams, DELETE /admin/streams/{id}.
// Owner: the worker's API. Thread: the worker's.
#pragma once

#include <string_view>

#include "api/context.h"
#include "api/reply.h"
#include "api/stream_list.h"
#include "base/weak_ptr.h"
#include "http/exchange.h"

namespace gateway::api {

/// One worker's answer to each: `context` is its own.
StreamList list_streams(const Context& context, const StreamSelection& selection);
/// False: it has no such stream. Otherwise the client is refused first, so that it cannot come back
/// in between, and the stream ends behind what is queued.
bool end_stream(const Context& context, const Kick& kick);

class StreamAdmin {
 public:
  /// Both outlive this object and its answers.
  StreamAdmin(Fleet& fleet, backbone::Backbone& backbone, Reply reply);

  /// GET /admin/streams[?sort=&limit=]: answers when every worker has looked.
  void list(http::Exchange& exchange);
  /// DELETE /admin/streams/{id}[?for=[&prefix=64]]: 204, or 404 when there is none, at no node.
  void end(http::Exchange& exchange, std::string_view id);

 private:
  void ask_nodes(base::WeakPtr<http::Exchange> asker, const Kick& kick);
  void ended(base::WeakPtr<http::Exchange> asker, const StreamId& id, bool found);

  Fleet& fleet_;
  backbone::Backbone& backbone_;
  Reply reply_;
};

}  // namespace gateway::api
