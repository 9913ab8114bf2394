// What: the command lines of `boardcast publish` and `boardcast tail`. An object adds its command
// to the program's line and runs it once the line was parsed. Thread: main.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "backbone/options.h"
#include "client/publish.h"
#include "client/tail.h"

namespace CLI {
class App;
}  // namespace CLI

namespace gateway::app {

/// Where a gateway is, whom to trust and what to show, as written.
struct TargetWords {
  std::string url;
  std::string ca_file;
  std::string token_file;
  std::string cert_file;
  std::string key_file;
};

class PublishCommand {
 public:
  explicit PublishCommand(CLI::App& cli);
  bool chosen() const;
  /// The exit code.
  int run();

 private:
  CLI::App* command_;
  int run_redis();
  client::Console::Descriptors descriptors() const;

  TargetWords target_;
  backbone::RedisOptions redis_;
  client::PublishOptions options_;
  std::string data_;
};

class TailCommand {
 public:
  explicit TailCommand(CLI::App& cli);
  bool chosen() const;
  int run();

 private:
  CLI::App* command_;
  TargetWords target_;
  client::TailOptions options_;
  bool earliest_ = false;
  std::string format_;
};

}  // namespace gateway::app
