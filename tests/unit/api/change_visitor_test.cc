#include "api/change_visitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gateway::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ReadStreamChange, TakesEachMemberOrNone) {
  const auto change =
      read_stream_change(R"({"add":["a","p*"],"remove":["b"],"after":"7f3a91c2-000000000007"})", 8);
  ASSERT_TRUE(change);
  EXPECT_THAT(change->add, ElementsAre("a", "p*"));
  EXPECT_THAT(change->remove, ElementsAre("b"));
  EXPECT_EQ(change->after, (broker::EventId{0x7f3a91c2, 7}));
  EXPECT_EQ(read_stream_change(R"({"add":["a"],"after":"earliest"})", 8)->after, broker::EventId{});
  EXPECT_TRUE(read_stream_change("{}", 8));
}

TEST(ReadStreamChange, RefusesAllElse) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"", "Broken JSON"},
      {"[]", "one JSON object"},
      {"\"add\"", "one JSON object"},
      {R"({"ad":["a"]})", "\"add\""},
      {R"({"add":"a"})", "takes a list"},
      {R"({"add":[1]})", "takes a list"},
      {R"({"add":[["a"]]})", "nested deeper"},
      {R"({"add":{"a":1}})", "takes a list"},
      {R"({"add":null})", "takes a list"},
      {R"({"add":["a"],"add":["b"]})", "add"},
      {R"({"add":["a"],"after":7})", "\"after\" takes"},
      {R"({"add":["a"],"after":"7"})", "\"after\" takes"},
      {R"({"remove":["a"],"after":"earliest"})", "add a board"},
      {R"({"remove":["1","2","3","4"]})", "at most 3"},
  };
  for (const auto& [json, says] : cases) {
    const auto change = read_stream_change(json, 3);
    ASSERT_FALSE(change) << json;
    EXPECT_EQ(change.error().status, 400);
    EXPECT_THAT(change.error().detail, HasSubstr(says)) << json;
  }
}

}  // namespace
}  // namespace gateway::api
