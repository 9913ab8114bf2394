#include "app/memory_limit.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace gateway::app {
namespace {

class MemoryLimitTest : public testing::Test {
 protected:
  MemoryLimitTest() {
    std::string name = testing::TempDir() + "boardcast_limit_XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    write("/proc/meminfo", "MemTotal: 8000 kB\nMemFree: 10 kB\nMemAvailable:    4000 kB\n");
  }
  ~MemoryLimitTest() override { std::filesystem::remove_all(root_); }

  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(root_ + file).parent_path());
    std::ofstream(root_ + file) << text;
  }

  std::string root_;
};

TEST_F(MemoryLimitTest, WithoutAGroupItIsWhatTheMachineHas) {
  EXPECT_EQ(available_memory(root_), 4'096'000U);
  EXPECT_EQ(cgroup_memory(root_), std::nullopt);
  EXPECT_EQ(automatic_memory(root_), 3'072'000U);
}

TEST_F(MemoryLimitTest, TheLeastOfTheGroupsAround) {
  write("/proc/self/cgroup", "0::/a/b\n");
  write("/sys/fs/cgroup/a/b/memory.max", "max\n");
  EXPECT_EQ(cgroup_memory(root_), std::nullopt);
  write("/sys/fs/cgroup/a/memory.max", "1000000\n");
  EXPECT_EQ(cgroup_memory(root_), 1'000'000U);
  write("/sys/fs/cgroup/a/b/memory.max", "2000000\n");
  EXPECT_EQ(cgroup_memory(root_), 1'000'000U);
  EXPECT_EQ(automatic_memory(root_), 750'000U);
}

TEST_F(MemoryLimitTest, InAContainerTheGroupIsTheRoot) {
  write("/proc/self/cgroup", "0::/\n");
  write("/sys/fs/cgroup/memory.max", "2000000\n");
  EXPECT_EQ(cgroup_memory(root_), 2'000'000U);
}

TEST_F(MemoryLimitTest, VersionOneWithoutALimitAndWithOne) {
  write("/proc/self/cgroup", "9:name=systemd:/\n4:memory:/x/y\n0::/\n");
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(cgroup_memory(root_), std::nullopt);
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "3000000\n");
  EXPECT_EQ(cgroup_memory(root_), 3'000'000U) << "the group's path is that of the host";
}

TEST_F(MemoryLimitTest, NothingKnownIsNotNothing) {
  EXPECT_EQ(automatic_memory(root_ + "/nowhere"), std::size_t{768} << 20U);
}

}  // namespace
}  // namespace gateway::app
