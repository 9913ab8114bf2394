// What: the other workers of the process, as the API sees them. Owner: the app, which implements
// it. Thread: safe from any worker.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace gateway::api {

/// One worker's share of the counts, taken on its own thread.
struct WorkerView {
  std::uint64_t streams = 0;
  std::uint64_t connections = 0;                // traffic sockets
  std::map<std::string, std::uint64_t> boards;  // board or pattern text → streams
};

class Fleet {
 public:
  virtual ~Fleet() = default;
  /// Asks every worker; `done` runs once, on the calling worker's loop, with one view for each.
  /// Never inside the call.
  virtual void gather(std::function<void(std::vector<WorkerView>)> done) = 0;
  /// False from the first stop signal on; /readyz says so, all else still works for a while.
  virtual bool ready() const = 0;
  /// Stopping: new streams and publishes are refused.
  virtual bool draining() const = 0;
};

}  // namespace gateway::api
