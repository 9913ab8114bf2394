#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"
#include "config/node.h"
#include "unit/config/loading.h"

namespace gateway::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string write_file(const std::string& text) {
  const std::string path =
      testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name() + ".yaml";
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST(ReadSource, ReadsAFileByteForByte) {
  const std::string text = std::string("a: 1\r\n\0\xFF", 8) + std::string(100'000, 'x');
  const std::string path = write_file(text);
  const auto source = read_source(path);
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(source->name, path);
  EXPECT_EQ(source->text, text);
  std::remove(path.c_str());
}

TEST(ReadSource, SaysWhyItCannot) {
  EXPECT_EQ(read_source("no/such.yaml").error().message,
            "no/such.yaml: cannot be read: No such file or directory");
  EXPECT_THAT(read_source(testing::TempDir()).error().message, HasSubstr("Is a directory"));
}

TEST(ReadSource, StopsReadingWhereLoadRefuses) {
  const auto source = read_source("/dev/zero");
  ASSERT_TRUE(source.ok());
  EXPECT_LT(source->text.size(), kSourceBytesMax + 100'000);
  EXPECT_THAT(lines_of(load({*source}, environment_of({}))),
              ElementsAre("/dev/zero: larger than 1 MiB"));
}

TEST(ProcessEnvironment, ReadsTheProcess) {
  ASSERT_EQ(setenv("BOARDCAST_TEST_VARIABLE", "x", 1), 0);
  EXPECT_EQ(process_environment()("BOARDCAST_TEST_VARIABLE"), "x");
  ASSERT_EQ(unsetenv("BOARDCAST_TEST_VARIABLE"), 0);
  EXPECT_EQ(process_environment()("BOARDCAST_TEST_VARIABLE"), std::nullopt);
}

TEST(Problem, PrintsWhatItKnows) {
  EXPECT_EQ(to_string(Problem{"f", 1, 2, "a.b", "bad"}), "f:1:2: a.b: bad");
  EXPECT_EQ(to_string(Problem{"f", 1, 2, "", "bad"}), "f:1:2: bad");
  EXPECT_EQ(to_string(Problem{"f", 0, 0, "", "bad"}), "f: bad");
}

}  // namespace
}  // namespace gateway::config
