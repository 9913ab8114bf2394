// What: the other workers of the process and its way out, as the API sees them. Owner: the app,
// which implements it. Thread: safe from any worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/kicks.h"
#include "api/stream_id.h"
#include "api/stream_list.h"
#include "base/memory_level.h"
#include "broker/first_names.h"
#include "http/message.h"

namespace gateway::api {

struct StreamChange;

/// Which boards and patterns a count of streams lists: the first `limit` in byte order of those
/// that begin with `prefix`.
struct BoardSelection {
  /// Names that one answer may list: what a question costs each worker is bounded by it.
  static constexpr std::size_t kLimitMax = 10'000;
  std::string prefix;
  std::size_t limit = 1000;

  /// Names that each worker has to tell, so that the first `limit` of all workers together are
  /// counted whole and it shows when there are more.
  std::size_t names_told() const { return limit + 1; }
};

/// One worker's share of the counts, taken on its own thread.
struct WorkerView {
  std::uint64_t streams = 0;
  std::uint64_t connections = 0;  // traffic sockets
  /// Board or pattern text → streams: the selection's first names_told().
  std::map<std::string, std::uint64_t> boards;
};

/// Of which boards and patterns a worker tells how many of its streams read them.
struct BoardQuestion {
  std::size_t most = 0;  // of the so many that most read; or else …
  std::shared_ptr<const std::vector<std::string>> names;  // … of these, in this order
};
using BoardCounts = std::vector<broker::NameCount>;

class Fleet {
 public:
  virtual ~Fleet() = default;
  using Gathered = std::function<void(std::vector<WorkerView>)>;
  /// Asks every worker; `done` runs once, on the calling worker's loop, with one view for each.
  /// Never inside the call. `done` is touched on the calling worker's thread only.
  virtual void gather(const BoardSelection& selection, Gathered done) = 0;
  /// Asks every worker, each of which answers on its own thread; `done` as in `gather`.
  virtual void count_boards(const BoardQuestion& question,
                            std::function<void(std::vector<BoardCounts>)> done) = 0;
  /// Cuts the connection with this id ("c17"), on whichever worker it lives, as a pulled cable
  /// would. `done` as in `gather`; it is told whether there was one.
  virtual void cut(const std::string& connection, std::function<void(bool)> done) = 0;
  /// Changes the boards of the stream with this id, on whichever worker it lives. `done` as in
  /// `gather`; it is told the answer, nothing when there is no such stream.
  virtual void change_stream(const StreamId& id, const StreamChange& change,
                             std::function<void(std::optional<http::Response>)> done) = 0;
  /// Asks every worker for its streams; `done` as in `gather`.
  virtual void list_streams(const StreamSelection& selection,
                            std::function<void(std::vector<StreamList>)> done) = 0;
  /// Ends the stream, on whichever worker it lives; `done` as in `cut`.
  virtual void kick(const Kick& kick, std::function<void(bool)> done) = 0;
  /// Ends the stream, on whichever worker it lives, because another has taken its name. Never
  /// inside the call.
  virtual void replace(const StreamId& id) = 0;
  /// The traffic listeners with their real ports: "https://127.0.0.1:8443", …
  virtual const std::vector<std::string>& addresses() const = 0;
  /// False from the first stop signal on; /readyz says so, all else still works for a while.
  virtual bool ready() const = 0;
  /// Stopping: new streams and publishes are refused.
  virtual bool draining() const = 0;
  /// From `full` on new streams are refused, and /readyz says so.
  virtual base::MemoryLevel memory() const = 0;
  /// No connection can be accepted, because descriptors ran out; /readyz says so.
  virtual bool starved() const = 0;
};

}  // namespace gateway::api
