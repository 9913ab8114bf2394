// What: the last streams that this side reset. Their client may not know yet and still send
// HEADERS, which is to be ignored (RFC 9113 §5.1), when the library has long forgotten the stream.
// Owner: the session. Thread: the connection's worker.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace gateway::http {

class H2RecentResets {
 public:
  void add(std::int32_t id) { ids_[next_++ % ids_.size()] = id; }
  bool contains(std::int32_t id) const {
    return std::find(ids_.begin(), ids_.end(), id) != ids_.end();
  }

 private:
  std::array<std::int32_t, 64> ids_{};
  std::size_t next_ = 0;
};

}  // namespace gateway::http
