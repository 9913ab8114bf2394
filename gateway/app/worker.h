// What: one thread and all that lives on it: its loop, its hub, its connections and the handlers
// that serve them. A connection given to a worker stays there until it dies. Each turn ends with:
// spread new events, flush the dirty connections. Owner: the supervisor, which makes workers on the
// main thread, starts them, and joins them before it destroys them. Thread: `add`, `ask`, `drain`,
// `stop` and `load` are for other threads; the rest is the worker's.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/api.h"
#include "api/fleet.h"
#include "api/stream_change.h"
#include "app/round.h"
#include "app/run_state.h"
#include "app/startup.h"
#include "auth/gate.h"
#include "backbone/answers_on.h"
#include "backbone/backbone.h"
#include "base/clock.h"
#include "base/random.h"
#include "broker/hub.h"
#include "loop/event_loop.h"
#include "net/connections.h"

namespace gateway::app {

class Worker;

/// What all workers share; outlives them.
struct WorkerContext {
  backbone::Backbone& backbone;
  const api::Metrics& metrics;
  const base::Clock& clock;
  const RunState& state;
  api::Kicks& kicks;
  api::StreamNames& names;
  net::AddressLimits& addresses;
  api::ClientLimits& clients;
  const std::vector<std::unique_ptr<Worker>>& workers;
  std::function<std::string()> next_connection_id;
  /// Finds a worker for a connection once more, see Placement. From any thread.
  std::function<void(net::Accepted)> place;
};

class Worker final : private api::Fleet {
 public:
  Worker(const WorkerContext& context, const Setup& setup);
  ~Worker() override;

  void start();
  /// Serves a connection from now on, or, in the place of a half-open one, once such a one gives
  /// way; where there is none any more it is placed anew.
  void add(net::Accepted accepted);
  /// So many of those that wait for that, at most, are placed anew: places have become free.
  void place_anew(std::size_t count);
  /// Runs `question` on the worker's thread.
  void ask(std::function<void(Worker&)> question);
  /// Goes on by another setup, or other certificates alone. On the worker's thread.
  void use(const Setup& setup);
  void use(const net::TlsContextRef& tls) { connections_.use(tls); }
  /// Ends all streams evenly within `over`, lets running exchanges finish, then calls `done` once,
  /// on the worker's thread. Everything published before must have been acknowledged. Admin
  /// connections are served until `stop_and_join`.
  void drain(std::chrono::milliseconds over, std::function<void()> done);
  /// Closes what is left and ends the thread.
  void stop_and_join();

  /// How much it carries: streams + 32 × connections. Connections count from `add` on, so that a
  /// storm spreads before its streams come (see gateway/README.md).
  std::uint64_t load() const;
  std::uint64_t connections() const;
  /// Of them: those that wait for the place of a half-open one. On the main thread.
  std::uint64_t waiting() const {
    return came_to_wait_ - static_cast<std::uint64_t>(wait_no_more_.value());
  }

  // What others ask of it, on the worker's thread.
  api::WorkerView view(const api::BoardSelection& selection) const;
  /// As api::apply and api::end_stream.
  void change_here(const api::StreamId& id, const api::StreamChange& change, api::ChangeDone done);
  bool kick_here(const api::Kick& kick);
  void replace_here(const api::StreamId& id);

  const broker::HubCounters& hub_counters() const { return hub_.counters(); }
  const http::SessionCounters& session_counters() const { return session_counters_; }
  const net::ConnectionCounters& connection_counters() const { return connection_counters_; }
  const api::Counters& api_counters() const { return api_counters_; }
  const auth::Counters& auth_counters() const { return gate_.counters(); }

 private:
  // api::Fleet, for this worker's handlers.
  void gather(const api::BoardSelection& selection, Gathered done) override;
  void count_boards(const api::BoardQuestion& question,
                    std::function<void(std::vector<api::BoardCounts>)> done) override;
  void cut(const std::string& connection, std::function<void(bool)> done) override;
  void change_stream(const api::StreamId& id, const api::StreamChange& change,
                     std::function<void(std::optional<http::Response>)> done) override;
  void list_streams(const api::StreamSelection& selection,
                    std::function<void(std::vector<api::StreamList>)> done) override;
  void kick(const api::Kick& kick, std::function<void(bool)> done) override;
  void replace(const api::StreamId& id) override;
  const std::vector<std::string>& addresses() const override { return context_.state.addresses; }
  bool ready() const override { return context_.state.ready; }
  bool draining() const override { return context_.state.draining; }
  base::MemoryLevel memory() const override { return context_.state.memory; }
  bool starved() const override { return context_.state.starved; }

  /// What this worker's handlers work with, by the options of their listener; every reference
  /// outlives them.
  api::Context api_context(const api::Options& options);
  void end_of_turn();
  void receive_arrivals();
  void serve_waiting();
  using TellBoards = std::function<void(api::BoardCounts)>;
  void look_on(const std::shared_ptr<broker::MostRead>& search, const TellBoards& tell);
  void hand_back();
  void beat();
  void drain_step();

  /// What the rooms of this worker refer to. A reload writes new values in the place of the old,
  /// between two handlers, so that nobody has to be told but who derives something from them.
  struct Rules {
    explicit Rules(const config::Settings& from);
    config::Settings settings;
    http::Options traffic_http;
    http::Options admin_http;  // server.hosts is for traffic: `api` checks the admin's host
    api::Options admin_api;
  };

  const WorkerContext context_;
  Rules rules_;
  const std::size_t portion_;  // events spread in a turn
  loop::EventLoop loop_;
  backbone::AnswersOn backbone_;
  base::SystemRandom random_;
  broker::Hub hub_;
  api::Counters api_counters_;
  auth::Gate gate_;
  api::StreamLeases leases_;
  api::StreamTable streams_;
  http::SessionCounters session_counters_;
  net::ConnectionCounters connection_counters_;
  std::unique_ptr<http::Handler> traffic_api_;
  std::unique_ptr<http::Handler> admin_api_;
  net::Connections connections_;
  std::deque<net::Accepted> arrivals_;  // not yet among them
  std::deque<net::Accepted> waiting_;   // neither, until half-open ones give way
  base::Gauge wait_no_more_;
  base::Counter handed_back_;
  std::unique_ptr<base::Timer> beat_timer_;
  std::unique_ptr<base::Timer> drain_timer_;
  std::unique_ptr<base::Timer> pace_timer_;  // armed: crowded queues have time to empty
  base::MonoTime drain_until_;
  std::function<void()> drained_;
  Round<Worker, api::WorkerView> counts_;
  Round<Worker, api::BoardCounts> boards_;
  Round<Worker, bool> cuts_;
  Round<Worker, std::optional<http::Response>> changes_;
  Round<Worker, api::StreamList> lists_;
  std::uint64_t added_ = 0;         // main thread
  std::uint64_t came_to_wait_ = 0;  // main thread
  bool events_left_ = false;
  std::thread thread_;
};

}  // namespace gateway::app
