#include "app/memory_limit.h"

#include <algorithm>
#include <fstream>
#include <string_view>

#include "base/text.h"

namespace gateway::app {
namespace {

constexpr std::size_t kUnknown = std::size_t{1} << 30U;

/// Version 1 says "no limit" by a number near the largest one.
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 60U;

std::optional<std::size_t> limit_in(const std::string& file) {
  std::string text;
  std::ifstream(file) >> text;
  const auto number = base::parse_decimal(text);  // "max": none
  if (!number || *number >= kNoLimit) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

/// The least limit from `group` ("/a/b") up to the root of its tree.
std::optional<std::size_t> least(const std::string& tree, std::string_view group,
                                 const char* file) {
  std::optional<std::size_t> found;
  while (true) {
    const bool at_root = group.empty() || group == "/";
    const auto here = limit_in(tree + std::string(at_root ? "" : group) + "/" + file);
    if (here) found = std::min(*here, found.value_or(*here));
    if (at_root) return found;
    group = group.substr(0, group.rfind('/'));
  }
}

}  // namespace

std::optional<std::size_t> cgroup_memory(const std::string& root) {
  std::ifstream groups(root + "/proc/self/cgroup");
  std::optional<std::size_t> found;
  for (std::string line; std::getline(groups, line);) {  // "0::/a/b", "4:memory:/a/b"
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string_view group = std::string_view(line).substr(second + 1);
    std::optional<std::size_t> here;
    if (controllers.empty()) here = least(root + "/sys/fs/cgroup", group, "memory.max");
    if (controllers == "memory") {
      here = least(root + "/sys/fs/cgroup/memory", group, "memory.limit_in_bytes");
    }
    if (here) found = std::min(*here, found.value_or(*here));
  }
  return found;
}

std::optional<std::size_t> available_memory(const std::string& root) {
  std::ifstream info(root + "/proc/meminfo");
  std::string name;
  std::size_t kib = 0;
  std::string unit;
  while (info >> name >> kib) {
    if (name == "MemAvailable:") return kib * 1024;
    std::getline(info, unit);
  }
  return std::nullopt;
}

std::size_t automatic_memory(const std::string& root) {
  const std::size_t machine = available_memory(root).value_or(kUnknown);
  const std::size_t least = std::min(machine, cgroup_memory(root).value_or(machine));
  return std::max<std::size_t>(least / 4 * 3, 1);
}

}  // namespace gateway::app
