// What: `boardcast publish`: one event, or one for each line of standard input, in their order. One
// POST is under way at a time; what came meanwhile waits in the pipe and goes together as the next.
// So a slow writer's line leaves at once and a fast writer's leave by the hundreds. Each event has
// a key: a POST without an answer goes again, and what it had published stays published once.
// Thread: one.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "client/target.h"
#include "client/transfer.h"
#include "client/world.h"

namespace gateway::client {

struct PublishOptions {
  Target target;
  std::vector<std::string> boards;
  std::string event;
  /// The one event; without it each line of standard input is one.
  std::optional<std::string> data;
  bool json = false;   // the data is JSON
  bool quiet = false;  // print no ids
  /// For how long what was not published, or perhaps, is tried again.
  std::chrono::milliseconds retry_for{30'000};
};

/// Takes the POSTs: a gateway, or what does its work here.
class Poster {
 public:
  virtual ~Poster() = default;
  /// `body` is application/json. `time_max`: what it may take; 0: any time.
  virtual Outcome post(const std::string& body, std::chrono::milliseconds time_max,
                       Receiver& receiver) = 0;
};

/// The exit code (exit_code.h).
int publish(const PublishOptions& options, const World& world);
/// To `poster` instead of the target.
int publish(const PublishOptions& options, const World& world, Poster& poster);

}  // namespace gateway::client
