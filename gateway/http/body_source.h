// What: the pull interface of a streamed body. A session asks only when the socket can take bytes,
// so a reader that stalls costs nothing more. Owner: the exchange; destroyed when the stream ends,
// for whatever reason. Thread: the connection's worker.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gateway::http {

class BodySource {
 public:
  /// What follows the bytes that can be given now.
  enum class Next : std::uint8_t {
    more,   // others, which did not fit
    later,  // nothing yet; the source calls `Exchange::wake` when that changes
    end,    // nothing at all
  };
  struct Ready {
    std::size_t bytes = 0;  // ≤ the `max` asked for; with Next::more not 0
    Next next = Next::later;
  };

  virtual ~BodySource() = default;
  /// How many bytes can be given now. Asking again before `copy` asks anew.
  virtual Ready ready(std::size_t max) = 0;
  /// Copies exactly the `bytes` of the last `ready` to `to` and moves past them.
  virtual void copy(char* to, std::size_t bytes) = 0;
};

}  // namespace gateway::http
