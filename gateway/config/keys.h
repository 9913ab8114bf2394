// What: the one table of all keys: name, rule, where the value lives in Settings, and the reason an
// operator reads. The validator, the reference, the schema and the effective listing walk it; a key
// is added here and nowhere else. Thread: constant.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "config/rule.h"
#include "config/settings.h"

namespace gateway::config {

/// Where a value lives. `set` takes what the key's rule reads; `get` gives what it writes.
struct Access {
  void (*set)(Settings& settings, const Value& value);
  Value (*get)(const Settings& settings);
};

/// When a changed value holds in a running process: as soon as it is read again, or not before a
/// restart, because something was built from it that lives as long as the process.
enum class Effect : std::uint8_t { reload, restart };

struct Key {
  /// "redis.url": the key `url` of a map `redis` within the section. Those of one map stand
  /// together.
  std::string_view name;
  Rule rule;
  Access access;
  std::string_view reason;
  Effect effect = Effect::reload;
  bool secret = false;  // not shown in the effective listing
};

struct Section {
  std::string_view name;
  std::string_view reason;
  std::span<const Key> keys;
};

std::span<const Section> sections();

/// What holds where no file says otherwise: the defaults of the Options, one TLS listener on
/// loopback and the development certificate for it.
Settings default_settings();

/// A section whose only key has the section's own name is that key's value: `boards: […]`.
bool is_single_value(const Section& section);

/// "redis" and "url" of "redis.url"; the first is empty where there is no dot.
std::pair<std::string_view, std::string_view> split_name(std::string_view name);

/// "stream.heartbeat", "backbone.redis.url", or "boards".
std::string path_of(const Section& section, const Key& key);

/// The key's reason as operators read it: with a word about a restart where it needs one.
std::string reason_of(const Key& key);

}  // namespace gateway::config
