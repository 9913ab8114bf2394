// Everything that POST /events takes, and what reaches the backbone.

#include <gtest/gtest.h>

#include "api/publish.h"
#include "unit/api/publish_world.h"

namespace gateway::test {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kText = "text/plain";

struct Good {
  std::string_view type;
  std::string_view query;
  std::string_view body;
  std::vector<std::string> boards;
  std::string_view event;
  std::string_view data;
  bool json = false;
};

void PrintTo(const Good& good, std::ostream* out) { *out << good.query << " " << good.body; }

class PublishGood : public testing::TestWithParam<Good> {};

TEST_P(PublishGood, ReachesTheBackbone) {
  const Good& good = GetParam();
  PublishWorld world;
  const http::Response answer = world.post(good.type, good.query, good.body);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body, "{\"id\":\"00000abc-000000000001\"}\n");
  EXPECT_EQ(answer.fields.get("content-type"), "application/json");
  EXPECT_EQ(answer.fields.get("cache-control"), "no-store");
  ASSERT_EQ(world.recorder.drafts.size(), 1U);
  const broker::Draft& draft = world.recorder.drafts[0];
  EXPECT_EQ(draft.boards, good.boards);
  EXPECT_EQ(draft.type, good.event);
  EXPECT_EQ(draft.data, good.data);
  EXPECT_EQ(draft.data_is_json, good.json);
  EXPECT_EQ(world.replies, 1U);
  EXPECT_EQ(world.counters.publish_requests.value(), 1U);
  EXPECT_EQ(world.counters.published_events.value(), 1U);
  EXPECT_EQ(world.counters.publish_refused_invalid.value(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Json, PublishGood,
    testing::Values(
        Good{kJson, "", R"({"board":"b","data":"hi"})", {"b"}, "", "hi"},
        Good{kJson, "", R"({"data":"hi","event":"t","boards":["a","b"]})", {"a", "b"}, "t", "hi"},
        Good{kJson, "", R"({"boards":["b","a","b","a"],"data":""})", {"b", "a"}, "", ""},
        Good{kJson, "", R"({"b\u006Fard":"\u00e9","data":"x"})", {"é"}, "", "x"},
        Good{kJson, "", R"({"board":"b","data":"x","event":"message"})", {"b"}, "", "x"},
        Good{kJson, "", R"({"board":"b","data":"x","event":""})", {"b"}, "", "x"},
        Good{kJson, "", R"({"board":"b","data":"x","event":"Open"})", {"b"}, "Open", "x"},
        Good{kJson, "", R"({"board":"b","data":"x","event":"boardcast"})", {"b"}, "boardcast", "x"},
        Good{kJson, "", R"({"board":"a,b","data":"x"})", {"a,b"}, "", "x"},
        Good{kJson, "", R"({"board":"b","data":"a\r\nb\tc"})", {"b"}, "", "a\r\nb\tc"},
        Good{"Application/JSON ; charset=\"UTF-8\"",
             "",
             R"({"board":"b","data":"x"})",
             {"b"},
             "",
             "x"},
        Good{"application/json;charset=us-ascii;x=\"a;b\"",
             "",
             R"({"board":"b","data":"x"})",
             {"b"},
             "",
             "x"}));

INSTANTIATE_TEST_SUITE_P(
    JsonValues, PublishGood,
    testing::Values(
        Good{kJson,
             "",
             R"({"board":"b","data": 1234567890123456789012345678901234567890 })",
             {"b"},
             "",
             "1234567890123456789012345678901234567890",
             true},
        Good{kJson, "", R"({"board":"b","data":1.10})", {"b"}, "", "1.10", true},
        Good{kJson, "", R"({"board":"b","data":1E2})", {"b"}, "", "1E2", true},
        Good{kJson, "", R"({"board":"b","data":1e400})", {"b"}, "", "1e400", true},
        Good{kJson, "", R"({"board":"b","data":null})", {"b"}, "", "null", true},
        Good{kJson, "", R"({"board":"b","data":false})", {"b"}, "", "false", true},
        Good{kJson, "", R"({"board":"b","data":{}})", {"b"}, "", "{}", true},
        Good{kJson, "", R"({"board":"b","data":[ ],"event":"t"})", {"b"}, "t", "[]", true},
        Good{kJson,
             "",
             R"({"data":{ "board" : [ "x" , "\u0000" , "\/" ] },"board":"b"})",
             {"b"},
             "",
             R"({"board":["x","\u0000","\/"]})",
             true},
        Good{kJson,
             "",
             R"({"board":"b","data":[ {"key" : 1 , "boards" : -0.0e-7} ]})",
             {"b"},
             "",
             R"([{"key":1,"boards":-0.0e-7}])",
             true}));

INSTANTIATE_TEST_SUITE_P(
    FormAndText, PublishGood,
    testing::Values(
        Good{kForm, "board=b", "a=1&b=%41+c", {"b"}, "", "a=1&b=%41+c"},
        Good{kForm, "board=b&event=t", "hello", {"b"}, "t", "hello"},
        Good{kForm, "board=b&board=c%2Cd&board=b", "", {"b", "c,d"}, "", ""},
        Good{kForm, "", "board=b&data=hello+w%C3%B6rld", {"b"}, "", "hello wörld"},
        Good{kForm,
             "",
             "data=%7B%22a%22%3A1%7D&board=a&event=t&board=b",
             {"a", "b"},
             "t",
             "{\"a\":1}"},
        Good{kForm, "", "board=b&data=", {"b"}, "", ""},
        Good{kForm, "", "board=b&data=a%0D%0Ab", {"b"}, "", "a\r\nb"},
        Good{kText, "board=b", "line 1\r\nline 2\n", {"b"}, "", "line 1\r\nline 2\n"},
        Good{kText, "event=message&board=b", "x", {"b"}, "", "x"},
        Good{"text/markdown;charset=utf-8", "board=b", "# x", {"b"}, "", "# x"},
        Good{"text/csv", "board=b+c", "1,2", {"b c"}, "", "1,2"},
        Good{kText, "board=b", "{\"not\":\"parsed\"", {"b"}, "", "{\"not\":\"parsed\""}));

}  // namespace
}  // namespace gateway::test
