// What: the streams of one worker by their id. A process may hold a million, so the links of the
// table lie in the streams themselves. Owner: the worker; it outlives the streams. Thread: the
// worker's. Invariant: a stream is in it from `add` until it dies.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "api/client_limits.h"
#include "api/stream_id.h"

namespace gateway::api {

class StreamBody;

class StreamTable {
 public:
  /// Tells `clients` of the streams of those whose address is limited.
  explicit StreamTable(ClientLimits& clients);
  /// No stream is left.
  ~StreamTable();
  StreamTable(const StreamTable&) = delete;
  StreamTable& operator=(const StreamTable&) = delete;

  /// Gives `stream`, which has none, this id. Its destructor takes it out of the table.
  void add(StreamBody& stream, const StreamId& id);
  void remove(StreamBody& stream);
  /// Null when there is none.
  StreamBody* find(const StreamId& id) const;
  /// Every stream, in no order; `visit` makes and destroys none.
  void each(const std::function<void(StreamBody&)>& visit) const;
  std::size_t size() const { return size_; }
  /// Of the table itself; each stream holds its id and two pointers besides.
  std::size_t bytes() const { return chains_.size() * sizeof(StreamBody*); }

 private:
  std::size_t chain_of(const StreamId& id) const;
  void grow();

  ClientLimits& clients_;
  std::vector<StreamBody*> chains_;  // a power of two; as many as the most streams there were
  std::size_t size_ = 0;
};

}  // namespace gateway::api
