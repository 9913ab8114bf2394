// What: the main thread: assembles the process from its setup, accepts connections and places each
// on the worker that carries least, hears signals, hands on what a reload changes, and takes the
// process down in two phases (refuse new work, then wait for what runs, with a deadline). Owner:
// `serve`. Thread: the main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/metrics.h"
#include "app/memory_limit.h"
#include "app/memory_watch.h"
#include "app/node_desk.h"
#include "app/placement.h"
#include "app/reload.h"
#include "app/run_state.h"
#include "app/worker.h"
#include "backbone/backbone.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "loop/event_loop.h"
#include "net/listener.h"

namespace gateway::app {

class KeyRefresh;

class Supervisor {
 public:
  /// Runs by `setup`, whose keys `refresh` keeps up to date, and by what `config_files` say when
  /// SIGHUP comes. All but `setup` outlive it.
  Supervisor(SetupRef setup, const std::vector<std::string>& config_files, KeyRefresh& refresh,
             const base::Clock& clock);
  ~Supervisor();

  /// Opens every listener and starts the workers; the error says what to do.
  base::Result<base::Unit> start();
  /// Serves until a stop signal (SIGTERM, SIGINT) has drained it. Returns the exit code.
  int run();

  /// "https://127.0.0.1:8443", … with the real ports.
  const std::vector<std::string>& traffic_addresses() const { return state_.addresses; }
  std::vector<std::string> admin_addresses() const;

 private:
  using Listeners = std::vector<std::unique_ptr<net::Listener>>;

  const config::Settings& settings() const { return reloader_.running().settings; }
  void use(const SetupRef& setup);
  void use(const net::TlsContextRef& tls);
  std::unique_ptr<backbone::Backbone> make_backbone();
  void leave();
  void watch_signals();
  void hang_up(bool in_terminal);
  base::Result<base::Unit> open(Listeners& listeners, const net::ListenAddress& address,
                                net::Role role);
  void make_workers();
  void meet_nodes();
  void register_metrics();
  void look_at_room();
  void place_anew(net::Accepted accepted);
  void accept_or_wait();
  void look_at_memory();
  void log_open(const char* message) const;
  void stop_signal();
  void begin_drain();
  void end_streams();

  KeyRefresh& refresh_;
  const base::Clock& clock_;
  loop::EventLoop loop_;
  Reloader reloader_;
  base::SystemRandom random_;
  RunState state_;
  api::Kicks kicks_;
  api::StreamNames names_;
  net::AddressLimits addresses_;
  api::ClientLimits clients_;
  api::Metrics metrics_;
  net::ListenerCounters listener_counters_;
  std::atomic<std::uint64_t> next_connection_{1};
  const std::size_t automatic_memory_ = automatic_memory();
  MemoryWatch memory_;
  std::unique_ptr<base::Timer> memory_timer_;
  std::unique_ptr<backbone::Backbone> backbone_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Placement placement_;
  bool full_ = false;                        // for moments, see Placement::has_room
  std::unique_ptr<base::Timer> room_timer_;  // armed: somebody waits for a place
  std::unique_ptr<NodeDesk> desk_;           // null: there are no other nodes
  Listeners traffic_listeners_;
  Listeners admin_listeners_;
  std::vector<std::unique_ptr<loop::FdWatch>> signals_;
  std::unique_ptr<base::Timer> stop_timer_;
  std::size_t workers_drained_ = 0;
};

}  // namespace gateway::app
