// What: the simulated world: the real log and hubs beside their models, and the acts that befall
// both. Owner and thread: the simulation's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "broker/hub.h"
#include "sim/broker_model.h"
#include "support/fake_clock.h"
#include "support/sse_parser.h"

namespace gateway::sim {

/// How much happened, over all seeds.
struct Coverage {
  std::uint64_t events_read = 0;
  std::uint64_t heartbeats = 0;
  std::uint64_t moved_heartbeats = 0;
  std::uint64_t ended_limit = 0;
  std::uint64_t ended_slow = 0;
  std::uint64_t ended_drain = 0;
  std::uint64_t ended_kicked = 0;
  std::uint64_t stalls = 0;
};

class BrokerWorld {
 public:
  BrokerWorld(std::uint64_t seed, Coverage& coverage);
  ~BrokerWorld();

  /// One random act, and the comparison of everything with the model.
  void act();
  /// Spreads and reads all that is left, closes all streams, and compares the counters.
  void finish();

 private:
  struct Stream;
  struct Node;

  bool chance(std::uint64_t percent) { return random_.below(100) < percent; }
  std::size_t pick(std::size_t count) { return random_.below(count); }
  std::string pick_board();
  std::vector<std::string> pick_names();

  void append();
  void subscribe();
  void unsubscribe();
  void pull(Stream& stream, std::size_t blocks);
  void check_block(Stream& stream, const ModelBlock& expected, const std::string& text);
  void spread(Node& node, std::size_t events_max);
  void beat(Node& node);
  void check_beat(const Node& node, Stream& stream);
  void drain(Node& node);
  void kick(Stream& stream);
  void check(Stream& stream);
  void check_all();
  void check_counters();

  base::SeededRandom random_;
  base::SeededRandom hub_random_;
  Coverage& coverage_;
  test::FakeClock clock_;
  broker::Options options_;
  std::unique_ptr<broker::Log> log_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Stream>> streams_;
  broker::Seq head_ = 0;
  ModelForms forms_;
};

}  // namespace gateway::sim
