#include "base/memory_level.h"

namespace gateway::base {
namespace {

struct Threshold {
  MemoryLevel level;
  double begins;
  double ends;
};
constexpr Threshold kThresholds[] = {{MemoryLevel::critical, 0.95, 0.90},
                                     {MemoryLevel::shedding, 0.90, 0.85},
                                     {MemoryLevel::full, 0.80, 0.75}};

}  // namespace

std::string_view to_string(MemoryLevel level) {
  constexpr std::string_view kNames[] = {"normal", "full", "shedding", "critical"};
  return kNames[static_cast<std::size_t>(level)];
}

MemoryLevel next_level(MemoryLevel now, std::size_t used, std::size_t limit) {
  const double share = static_cast<double>(used) / static_cast<double>(limit);
  for (const Threshold& threshold : kThresholds) {
    if (share >= (now >= threshold.level ? threshold.ends : threshold.begins)) {
      return threshold.level;
    }
  }
  return MemoryLevel::normal;
}

}  // namespace gateway::base
