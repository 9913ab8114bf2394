// What logs may show of a stream.
#include "api/stream_id.h"

#include <gtest/gtest.h>

namespace gateway::api {
namespace {

TEST(LoggedPath, ShowsNoStreamId) {
  EXPECT_EQ(logged_path("/events/kX3aaaaaaaaaaaaaaaaaaa"), "/events/{stream}");
  EXPECT_EQ(logged_path("/admin/streams/kX3a"), "/admin/streams/{stream}");
  EXPECT_EQ(logged_path("/events"), "/events");
  EXPECT_EQ(logged_path("/admin/streams"), "/admin/streams");
  EXPECT_EQ(logged_path(""), "");
}

}  // namespace
}  // namespace gateway::api
