// What: the ids of the last streams to which something happened, when the library has long
// forgotten them. Those that this side reset: their client may not know yet and still send HEADERS,
// which is to be ignored (RFC 9113 §5.1). Those that the client ended: what it sends on them is an
// error of its own. Owner: the session. Thread: the connection's worker.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace gateway::http {

template <std::size_t kCount>
class H2RecentStreams {
 public:
  void add(std::int32_t id) { ids_[next_++ % kCount] = id; }
  bool contains(std::int32_t id) const {
    return std::find(ids_.begin(), ids_.end(), id) != ids_.end();
  }

 private:
  std::array<std::int32_t, kCount> ids_{};
  std::size_t next_ = 0;
};

}  // namespace gateway::http
