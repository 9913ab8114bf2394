// What: the command line of `boardcast token`, which prints a signed token for development. Thread:
// main.
#pragma once

#include <chrono>

#include "auth/mint.h"
#include "auth/options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace gateway::app {

class TokenCommand {
 public:
  explicit TokenCommand(CLI::App& cli);
  bool chosen() const;
  /// The exit code.
  int run();

 private:
  CLI::App* command_;
  auth::KeyFile key_;
  auth::TokenWish wish_;
  std::chrono::milliseconds ttl_{3'600'000};
};

}  // namespace gateway::app
