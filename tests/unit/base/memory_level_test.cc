#include "base/memory_level.h"

#include <vector>

#include <gtest/gtest.h>

namespace gateway::base {
namespace {

using Level = MemoryLevel;

TEST(MemoryLevel, RisesAtOnceAndFallsFivePercentLater) {
  struct Step {
    std::size_t used;
    Level next;
  };
  const std::vector<Step> steps = {
      {0, Level::normal},     {799, Level::normal}, {800, Level::full},      {750, Level::full},
      {749, Level::normal},   {799, Level::normal}, {900, Level::shedding},  {850, Level::shedding},
      {849, Level::full},     {899, Level::full},   {950, Level::critical},  {900, Level::critical},
      {899, Level::shedding}, {849, Level::full},   {2000, Level::critical}, {100, Level::normal},
  };
  Level level = Level::normal;
  for (const Step& step : steps) {
    const Level before = level;
    level = next_level(level, step.used, 1000);
    EXPECT_EQ(level, step.next) << to_string(before) << " at " << step.used;
  }
}

}  // namespace
}  // namespace gateway::base
