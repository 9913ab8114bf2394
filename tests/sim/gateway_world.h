// What: a whole simulated gateway without sockets, threads or sleep: two or three workers on one
// log, their connections, and the acts that befall them. Owner and thread: the simulation's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/random.h"
#include "sim/gateway_requests.h"
#include "sim/gateway_scene.h"
#include "sim/gateway_worker.h"

namespace gateway::sim {

class GatewayWorld {
 public:
  GatewayWorld(std::uint64_t seed, GatewayCoverage& coverage);
  ~GatewayWorld();

  /// One random act. What clients see is checked as it comes.
  void act();
  /// Leaves, by a drain or at once, and looks for what stayed behind.
  void finish();

 private:
  class Recorder;

  bool chance(std::uint64_t percent) { return random_.below(100) < percent; }
  SimWorker& pick_worker() { return *workers_[random_.below(workers_.size())]; }
  /// Null when there is none.
  SimConnection* pick_connection();

  void connect();
  void subscribe(SimConnection& connection);
  void publish(SimConnection& connection);
  void kick_one();
  void ask_in_vain(SimConnection& connection);
  void move_laggard(SimConnection& connection);
  void turn_until_quiet();
  void pass_time(int steps, base::Duration longest);
  void check_silences();

  /// Carries everything until nothing moves, then compares what can be counted.
  void settle();
  void carry_everything();
  void check_streams();
  void check_encodings();
  void check_admin();
  std::string expected_connections() const;
  void drain();

  GatewayCoverage& total_;
  Scene scene_;
  base::SeededRandom random_;
  base::SeededRandom gateway_random_;
  RequestMaker maker_;
  std::unique_ptr<Recorder> backbone_;
  SimWorker::Workers workers_;
  std::uint64_t connections_made_ = 0;
};

}  // namespace gateway::sim
