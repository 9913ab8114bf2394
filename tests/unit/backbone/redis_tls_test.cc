// TLS to Redis: its files.
#include <gtest/gtest.h>

#include "backbone/backbone.h"

namespace gateway::backbone {
namespace {

TEST(RedisTls, FilesAreChecked) {
  EXPECT_TRUE(check_redis_tls({}).ok());
  const auto missing = check_redis_tls({"no-such-file", {}, {}, {}});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().message,
            "TLS: no-such-file: cannot be used as the CA of Redis (No such file or directory)");
}

}  // namespace
}  // namespace gateway::backbone
