// What: durations on the command line, written as in the configuration: `30s`, `500ms`, `5m`.
// Thread: main.
#pragma once

#include <chrono>
#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace gateway::app {

/// Adds the option `name` to `command`, which sets `value` (it outlives the parsing); at most a
/// year.
void add_duration(CLI::App* command, const std::string& name, std::chrono::milliseconds& value,
                  const std::string& what);

}  // namespace gateway::app
