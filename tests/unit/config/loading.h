// What: loads texts under an environment of a test's own, and shows problems as `check` prints
// them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config.h"

namespace gateway::config {

using Variables = std::map<std::string, std::string>;

inline Environment environment_of(const Variables& variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

inline base::Result<Settings, std::vector<Problem>> load_text(const std::string& text,
                                                              const Variables& variables = {}) {
  return load({{"f.yaml", text}}, environment_of(variables));
}

inline std::vector<std::string> lines_of(
    const base::Result<Settings, std::vector<Problem>>& loaded) {
  std::vector<std::string> lines;
  if (!loaded) {
    for (const Problem& problem : loaded.error()) lines.push_back(to_string(problem));
  }
  return lines;
}

/// What is wrong with `text`, a line each; empty when it loads.
inline std::vector<std::string> problems_of(const std::string& text,
                                            const Variables& variables = {}) {
  return lines_of(load_text(text, variables));
}

}  // namespace gateway::config
