// What: the pull interface of a streamed body. A session asks only when the socket can take bytes,
// so a reader that stalls costs nothing more. Owner: the exchange; destroyed when the stream ends,
// for whatever reason. Thread: the connection's worker.
#pragma once

#include <cstddef>

namespace gateway::http {

class BodySource {
 public:
  struct Ready {
    std::size_t bytes = 0;  // ≤ the `max` asked for
    bool end = false;       // nothing follows these bytes
  };

  virtual ~BodySource() = default;
  /// How many bytes can be given now. {0, false}: none yet; the source calls `Exchange::wake` when
  /// that changes. Asking again before `copy` asks anew.
  virtual Ready ready(std::size_t max) = 0;
  /// Copies exactly the `bytes` of the last `ready` to `to` and moves past them.
  virtual void copy(char* to, std::size_t bytes) = 0;
};

}  // namespace gateway::http
