// What: one client of the replay simulation: its stream, and what it knows over all its reconnects.
// Owner and thread: the simulation's.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/replay_world.h"

namespace gateway::sim {

/// What a browser knows, over all its reconnects.
struct ReplayWorld::Client final : broker::Subscription::Listener {
  void blocks_ready() override {}
  void stalled() override {}

  std::vector<std::string> names;
  bool slow = false;
  std::unique_ptr<broker::Subscription> stream;
  broker::Hub* hub = nullptr;
  std::unique_ptr<test::SseParser> parser;
  std::string last_id;              // empty: it has none
  bool opened = false;              // the stream
  bool joins = false;               // it has no position
  std::set<broker::Seq> snapshots;  // told since the last opening or barrier
  broker::Epoch epoch = 0;          // of what follows
  broker::Seq reached = 0;          // all up to here was given or told
  broker::Seq began = 0;            // where the client first came in, in this epoch
  struct Told {
    broker::Seq after = 0, upto = 0;  // (after, upto]
    std::vector<std::string> names;
  };
  std::vector<Told> gaps;
  std::set<broker::Seq> seen;
  /// Asked for and not yet begun by a barrier.
  struct Coming {
    std::vector<std::string> names;
    std::vector<std::string> added;  // what of them is new
    bool past = false;               // and is to begin in the past
  };
  std::vector<Coming> coming;
  /// Between two barriers: what was added in the past, and how far it was given.
  std::vector<std::string> added;
  broker::Seq backfilled = 0;
};

}  // namespace gateway::sim
