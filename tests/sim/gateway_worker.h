// What: one simulated worker: hub, handlers and connections, and the order of a turn as app::Worker
// has it: what came in, spread, flush. Owner: the world. Thread: the simulation's, which stands for
// all of them.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "api/api.h"
#include "api/fleet.h"
#include "backbone/backbone.h"
#include "base/random.h"
#include "base/wakeable.h"
#include "broker/hub.h"
#include "sim/gateway_connection.h"

namespace gateway::sim {

class SimWorker final : private api::Fleet, private base::Wakeable {
 public:
  using Workers = std::vector<std::unique_ptr<SimWorker>>;

  SimWorker(Scene& scene, base::Random& random, backbone::Backbone& backbone,
            const Workers& workers);
  ~SimWorker() override;

  SimConnection& connect(const SimConnection::Setup& setup);
  SimConnection::Setup setup(bool h2, bool prompt, std::string id) {
    return {h2, prompt, std::move(id), *traffic_api_, session_counters_};
  }
  SimConnection::Setup admin_setup(bool h2) {
    return {h2, true, "admin", *admin_api_, session_counters_};
  }

  /// False: nothing moved and nothing is left to do.
  bool turn();
  /// A turn in which clients that lag behind move too. The same answer.
  bool turn_for_all();
  /// The clock has moved: deadlines, heartbeats.
  void pass_time();
  void shut_down();
  /// What DELETE /admin/streams/{id} does. False: no worker has it.
  bool end_stream(const std::string& id);
  void end_some(double share) { hub_.end_some(share, broker::EndReason::drain); }

  const std::vector<std::unique_ptr<SimConnection>>& connections() const { return connections_; }
  /// Calls `visit` with each stream that goes on, and its connection.
  void each_stream(const std::function<void(SimConnection&, ModelSubscription&)>& visit) const;

  const broker::Hub& hub() const { return hub_; }
  const api::StreamTable& streams() const { return streams_; }
  const http::SessionCounters& session_counters() const { return session_counters_; }
  /// The sockets of clients.
  std::size_t traffic_connections() const;

 private:
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
  const std::vector<std::string>& addresses() const override { return scene_.addresses; }
  bool ready() const override { return !scene_.draining; }
  bool draining() const override { return scene_.draining; }
  base::MemoryLevel memory() const override { return base::MemoryLevel::normal; }
  bool starved() const override { return false; }
  void wake() override {}
  bool carry(bool all);
  bool end_anywhere(const api::Kick& kick) const;
  api::Context context();

  Scene& scene_;
  base::Random& random_;
  backbone::Backbone& backbone_;
  const Workers& workers_;
  broker::Hub hub_;
  api::Counters api_counters_;
  auth::Gate gate_;
  api::StreamLeases leases_;
  api::StreamTable streams_;
  api::Metrics metrics_;
  http::SessionCounters session_counters_;
  std::unique_ptr<http::Handler> traffic_api_;
  std::unique_ptr<http::Handler> admin_api_;
  std::vector<std::unique_ptr<SimConnection>> connections_;
  std::vector<std::function<void()>> tasks_;
};

}  // namespace gateway::sim
