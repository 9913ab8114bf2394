#include "app/open_files.h"

#include <unistd.h>

#include <gtest/gtest.h>

namespace gateway::app {
namespace {

TEST(OpenFiles, ConnectionsGetWhatFits) {
  EXPECT_EQ(reserved_files(1'048'576, 40), 256U);
  EXPECT_EQ(reserved_files(512, 40), 256U);
  EXPECT_EQ(reserved_files(500, 40), 250U);
  EXPECT_EQ(reserved_files(64, 30), 42U) << "half would not be enough for what is open already";
  EXPECT_EQ(reserved_files(64, 10), 32U);
  EXPECT_EQ(reserved_files(32, 40), 31U) << "one connection";
  EXPECT_EQ(reserved_files(0, 40), 0U);
}

TEST(OpenFiles, CountsThem) {
  const std::size_t before = open_files();
  const int fd = dup(STDIN_FILENO);
  EXPECT_EQ(open_files(), before + 1);
  close(fd);
}

}  // namespace
}  // namespace gateway::app
