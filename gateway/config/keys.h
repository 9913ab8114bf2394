// What: the one table of all keys: name, rule, where the value lives in Settings, and the reason an
// operator reads. The validator, the reference, the schema and the effective listing walk it; a key
// is added here and nowhere else. Thread: constant.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/rule.h"
#include "config/settings.h"

namespace gateway::config {

/// Where a value lives. `set` takes what the key's rule reads; `get` gives what it writes.
struct Access {
  void (*set)(Settings& settings, const Value& value);
  Value (*get)(const Settings& settings);
};

struct Key {
  std::string_view name;
  Rule rule;
  Access access;
  std::string_view reason;
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

/// "stream.heartbeat", or "boards".
std::string path_of(const Section& section, const Key& key);

}  // namespace gateway::config
