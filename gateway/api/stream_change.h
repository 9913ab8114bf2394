// What: PATCH /events/{stream}: other boards for a stream that is running, asked on any connection
// of any worker. Thread: reading anywhere, `apply` on the stream's own worker; what travels between
// workers are plain values. Invariant: all of a change happens or nothing does; of a named stream's
// the boards change at once, and the answer waits until other nodes would find them.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "api/change_visitor.h"
#include "api/context.h"
#include "api/reply.h"
#include "api/stream_id.h"
#include "base/result.h"
#include "base/weak_ptr.h"
#include "http/exchange.h"

namespace gateway::api {

using ChangeDone = std::function<void(std::optional<http::Response>)>;

/// Changes the stream `id`, and tells `done` the answer, once: inside the call, or from another
/// thread; nothing when it is not on this worker, whose own `context` is. Where there are tokens,
/// the one that asks (or his certificate) has to be of the stream's subject, if it has one, and to
/// grant all that the stream reads then; the stream lasts as long as this token, and is of its
/// subject from then on.
void apply(const StreamChange& change, const StreamId& id, const Context& context, ChangeDone done);

class StreamChanger {
 public:
  /// What `context` refers to outlives this object and its answers.
  StreamChanger(const Context& context, Reply reply);

  /// Answers when the stream's worker has, maybe another node's.
  void handle(http::Exchange& exchange, std::string_view stream);

 private:
  /// What is asked for, with the grant of whoever asks; or the answer that refuses it.
  base::Result<StreamChange, http::Response> read(http::Exchange& exchange) const;
  void ask_nodes(base::WeakPtr<http::Exchange> asker, const StreamId& id,
                 const StreamChange& change);

  Context context_;
  Reply reply_;
};

}  // namespace gateway::api
