// What: the request bodies that are arriving on one HTTP/2 connection, and the bound on the sum of
// what requests hold until they are answered.
// While the sum is within the budget every stream gets its window back at once; over it only the
// oldest upload does, so one always proceeds; over twice the budget the others are refused. The
// connection's window is always given back, or a stalled stream would stall its neighbours.
// Owner: the session. Thread: the connection's worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/intrusive_list.h"
#include "http/h2_stream.h"
#include "http/options.h"

struct nghttp2_session;

namespace gateway::http {

class H2Uploads {
 public:
  enum class Taken : std::uint8_t { ok, body_too_large, no_room };

  explicit H2Uploads(const Options& options);

  /// Counts the head of a request. False: the heads of unanswered requests hold too much already,
  /// and nothing was counted.
  bool admit(H2Stream& stream);
  void begin(H2Stream& stream, base::MonoTime now);
  /// Adds to the body. `body_too_large`: the body is over `options.body_bytes`; `no_room`: the
  /// budget is exhausted. In both cases nothing was added.
  Taken take(nghttp2_session* library, H2Stream& stream, std::string_view bytes);
  /// The stream no longer receives: its body is complete, refused or lost. Its bytes stay counted.
  void end(H2Stream& stream);
  /// The stream's request is about to be destroyed: it is counted no more. Cheap to repeat.
  void forget(const H2Stream& stream);
  /// Gives windows back after `end` or `forget`. Not inside a library callback.
  void replenish(nghttp2_session* library);
  /// There was one of these since.
  bool may_replenish() const { return changed_; }

  std::optional<base::MonoTime> deadline() const;
  /// The oldest upload whose time is over, now ended; null when there is none.
  H2Stream* take_overdue(base::MonoTime now);

 private:
  std::size_t budget() const;

  const Options& options_;
  std::size_t buffered_ = 0;  // heads and bodies
  std::size_t heads_ = 0;
  bool changed_ = false;
  base::IntrusiveList<H2Stream, H2AgendaTag> arriving_;  // oldest first
};

}  // namespace gateway::http
