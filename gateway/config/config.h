// What: YAML → Settings, strictly. One table says each key's name, type, range, default, unit and
// reason; the validator, the commented default, the JSON Schema and the effective listing all read
// that table. Strict: unknown or repeated keys, anchors and aliases, wrong types and values out of
// range are errors with their place. `${VAR}` and `${VAR:-default}` expand in scalars after
// parsing. Thread: call from one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/settings.h"

namespace gateway::config {

/// One thing wrong with a file.
struct Problem {
  std::string file;
  int line = 0;     // 1-based; 0: the file as a whole
  int column = 0;   // 1-based, in bytes
  std::string key;  // "stream.heartbeat"; empty when none
  std::string what;
};
/// `file:line:column: key: what` as `boardcast check` prints it.
std::string to_string(const Problem& problem);

/// Looks up an environment variable; injected for tests.
using Environment = std::function<std::optional<std::string>(const std::string&)>;
Environment process_environment();

/// A named YAML text. Relative paths in it (certificates) stay relative to the working directory.
struct Source {
  std::string name;
  std::string text;
};
/// The error names the file and the reason. At most a little over 1 MiB is read: `load` refuses
/// texts above 1 MiB.
base::Result<Source> read_source(const std::string& path);

/// Merges `sources` (later wins per key; lists are replaced whole) over the defaults and validates
/// all of them: every problem is reported (at most 100), not only the first. Without a source: the
/// defaults.
base::Result<Settings, std::vector<Problem>> load(const std::vector<Source>& sources,
                                                  const Environment& environment);

/// What a reload changes: keys by their paths, "stream.heartbeat".
struct Changes {
  std::vector<std::string> taken;
  std::vector<std::string> need_restart;  // they keep the running values
};
/// Of a process that runs with `running` and was told to go on with `next`: what needs a restart is
/// put back to its running value. An error when that does not go together with the rest.
base::Result<Changes, std::vector<Problem>> reconcile(const Settings& running, Settings& next);

/// The commented reference: every key with its default, unit and reason (config/boardcast.yaml).
std::string default_yaml();
/// The JSON Schema of the configuration (config/boardcast.schema.json).
std::string json_schema();
/// The effective configuration as YAML; loading it gives equal settings.
std::string effective_yaml(const Settings& settings);
/// The configuration of `boardcast serve` without a file: development on loopback (config/dev.yaml,
/// embedded at compile time).
Source development_source();

}  // namespace gateway::config
