// What: which worker a new connection goes to, and whether there is a place for it: of
// limits.connections, which the open-file limit bounds, too. Where all are taken, and more of them
// than limits.half_open have not even shaken hands, it gets the place of one of those, for which it
// waits at its worker. Owner: the supervisor. Thread: the main thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "app/open_files.h"
#include "app/run_state.h"
#include "app/worker.h"
#include "base/clock.h"
#include "config/settings.h"
#include "net/listener.h"

namespace gateway::app {

class Placement {
 public:
  using Workers = std::vector<std::unique_ptr<Worker>>;
  /// All outlive it.
  Placement(const Workers& workers, net::ListenerCounters& counters, RunState& state,
            const base::Clock& clock)
      : workers_(workers), counters_(counters), state_(state), clock_(clock) {}

  /// Once, with all listeners open and before the first connection.
  void reserve_files() { reserved_files_ = reserved_files(files_, open_files()); }
  /// By the options from now on.
  void use(const net::Options& options);
  /// The connection is a worker's, which may have it placed anew, or closed. One that has waited
  /// may wait again.
  void place(net::Accepted accepted);
  /// False: nothing is free, and as many wait for somebody's place as may. Who comes now is better
  /// left in the kernel's queue for a moment than refused.
  bool has_room() const;
  /// Some wait for a half-open one that gives way.
  bool has_waiting() const { return waiting() > 0; }
  /// Those that wait get places that have become free. To be called now and then while some do.
  void give_places();
  std::size_t connections_max() const { return connections_max_; }

 private:
  std::uint64_t waiting() const;
  std::uint64_t taken() const;
  Worker* crowded_worker() const;
  void refuse();

  const Workers& workers_;
  net::ListenerCounters& counters_;
  RunState& state_;
  const base::Clock& clock_;
  const std::size_t files_ = raise_open_files();
  std::size_t reserved_files_ = 0;
  std::size_t connections_wanted_ = 0;
  std::size_t connections_max_ = 0;
  std::size_t rotation_ = 0;
  base::MonoTime next_refusal_log_{};
};

/// A worker's half-open connections: how many, how many wait for the place of one, and when the
/// first gives way (ns of the clock).
struct HalfOpen {
  std::int64_t count = 0;
  std::int64_t waiting = 0;
  std::int64_t next_gives_way = 0;
};

/// The worker whose half-open connection has been silent longest, of those with `half_open_max` and
/// more; where it can be, of those that still have as many beside the ones that are waited for.
/// nullopt: there is none.
std::optional<std::size_t> first_to_give_way(const std::vector<HalfOpen>& workers,
                                             std::int64_t half_open_max);

/// The worker that the next connection goes to: the least load; ties go to the first at or after
/// `rotation`. `loads` is not empty.
std::size_t least_loaded(const std::vector<std::uint64_t>& loads, std::size_t rotation);

}  // namespace gateway::app
