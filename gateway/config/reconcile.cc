#include "config/config.h"
#include "config/keys.h"
#include "config/relations.h"

namespace gateway::config {
namespace {

/// As it would be written, which is what two values have in common that are the same.
bool differs(const Key& key, const Settings& running, const Settings& next) {
  return to_yaml(key.rule, key.access.get(running)) != to_yaml(key.rule, key.access.get(next));
}

}  // namespace

base::Result<Changes, std::vector<Problem>> reconcile(const Settings& running, Settings& next) {
  Changes changes;
  for (const Section& section : sections()) {
    for (const Key& key : section.keys) {
      if (!differs(key, running, next)) continue;
      if (key.effect == Effect::reload) {
        changes.taken.push_back(path_of(section, key));
      } else {
        changes.need_restart.push_back(path_of(section, key));
        key.access.set(next, key.access.get(running));
      }
    }
  }
  std::vector<Problem> problems;
  for (const Conflict& conflict : check_relations(next)) {
    problems.push_back({"with what needs a restart", 0, 0, conflict.keys.front(), conflict.what});
  }
  if (!problems.empty()) return base::Fail{std::move(problems)};
  return changes;
}

}  // namespace gateway::config
