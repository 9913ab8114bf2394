#include "config/unknown.h"

#include <map>
#include <vector>

#include "base/text.h"
#include "config/node.h"

namespace gateway::config {

std::string unknown_key(std::string_view near) {
  return near.empty() ? "unknown key" : "unknown key (nearest: " + std::string(near) + ")";
}

std::string_view nearest_key(std::string_view name, std::span<const std::string_view> known) {
  /// Longer words are not compared: nothing known is near them.
  constexpr std::size_t kWordMax = 64;
  return name.size() > kWordMax ? std::string_view() : base::nearest(name, known);
}

std::string unknown_section(std::string_view name) {
  if (name == "<<") return "merge keys are not supported; write the values out";
  std::vector<std::string_view> names;
  for (const Section& section : sections()) names.push_back(section.name);
  return unknown_key(nearest_key(name, names));
}

std::string unknown_name(const Section& section, std::string_view name) {
  std::vector<std::string_view> here;
  std::vector<std::string_view> anywhere;
  std::map<std::string_view, std::string> paths;
  for (const Section& other : sections()) {
    for (const Key& key : other.keys) {
      if (key.name == name) return unknown_key(path_of(other, key));
      if (&other == &section) here.push_back(key.name);
      anywhere.push_back(key.name);
      paths.emplace(key.name, path_of(other, key));
    }
  }
  if (const std::string_view near = nearest_key(name, here); !near.empty()) {
    return unknown_key(std::string(section.name) + "." + std::string(near));
  }
  const std::string_view near = nearest_key(name, anywhere);
  return unknown_key(near.empty() ? std::string() : paths[near]);
}

std::string key_shown(const std::string& key) {
  const bool tame = !key.empty() && key.size() <= 60 && !base::has_control(key);
  return tame ? key : shown(key);
}

}  // namespace gateway::config
