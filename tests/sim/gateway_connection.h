// What: one simulated connection: a real session on one side, a client on the other, and between
// them two pipes that carry as much as the simulation likes. It treats its session exactly as
// net::Connection does: asked for output only after output_ready, told the time only when its
// deadline is due, buried outside of its own calls. Owner: its worker. Thread: the simulation's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "http/session.h"
#include "sim/gateway_client.h"
#include "sim/gateway_scene.h"

namespace gateway::sim {

class SimConnection final : private http::Session::Host {
 public:
  struct Setup {
    bool h2 = true;
    bool prompt = true;  // the client reads and writes in every turn; else only when told to
    std::string id;
    http::Handler& handler;
    http::SessionCounters& counters;
  };
  SimConnection(Scene& scene, base::Random& random, const Setup& setup);
  ~SimConnection() override;

  bool prompt() const { return prompt_; }
  const std::string& id() const { return peer_.connection_id; }
  std::string_view protocol() const { return h2_ ? "h2" : "http/1.1"; }
  SimClient& client() { return *client_; }
  bool may_request() const { return session_ && !ending_ && client_->may_request(); }

  // The gateway's half.
  /// Feeds what the client sent, in chunks of any size; about `bytes_max` of it. False: nothing.
  bool feed(std::size_t bytes_max);
  /// What `Connections::flush` does. False: nothing came.
  bool flush();
  /// Hands in the time if the session wants it.
  void pass_time();
  void shut_down();
  /// The socket is gone, from the gateway's side.
  bool closed() const { return !session_; }

  // The client's half.
  /// Reads about `bytes_max` bytes. False: there were none. Sees the end behind the last.
  bool read(std::size_t bytes_max);
  /// The socket breaks.
  void cut();
  /// Everything was carried in both directions.
  void caught_up();
  /// Both sides have ended.
  bool gone() const { return closed() && down_.empty() && end_seen_; }

 private:
  void output_ready() override;
  Outgoing outgoing() const override { return {read_, read_ + down_.size()}; }
  std::size_t send(char* out, std::size_t room);
  void check_loss(std::uint64_t lost_before);
  bool blocked() const { return down_.size() >= down_max_; }

  Scene& scene_;
  base::Random& random_;
  const bool h2_;
  const bool prompt_;
  const http::Peer peer_;
  const http::SessionContext context_;
  std::unique_ptr<SimClient> client_;
  std::unique_ptr<http::Session> session_;
  std::string up_;    // sent by the client, not fed yet
  std::string down_;  // sent by the gateway, not read yet
  std::uint64_t read_ = 0;
  const std::size_t down_max_;
  bool dirty_ = false;
  bool in_flush_ = false;
  bool woken_in_flush_ = false;
  bool ending_ = false;
  bool end_seen_ = false;
  base::MonoTime caught_up_at_;
  base::MonoTime heard_at_;  // the client, by the gateway
  base::Duration lag_{0};    // behind either: the longest since everything was carried
};

}  // namespace gateway::sim
