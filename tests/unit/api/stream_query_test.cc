#include "api/stream_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_exchange.h"

namespace gateway::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr StreamDefaults kDefaults{broker::Format::plain, 4, {0x7f3a91c2, 42}};

base::Result<StreamQuery> read(std::string_view query, std::string_view last_event_id = {}) {
  http::Request request = test::make_request("GET", "/events?" + std::string(query));
  if (!last_event_id.empty()) request.fields.add("last-event-id", std::string(last_event_id));
  return read_stream_query(request, kDefaults);
}

std::vector<std::string> names(std::string_view query) {
  const base::Result<StreamQuery> result = read(query);
  if (!result) return {"error: " + result.error().message};
  return result->filter.names();
}

std::string error(std::string_view query) {
  const base::Result<StreamQuery> result = read(query);
  return result ? "no error" : result.error().message;
}

TEST(StreamQuery, BoardsAreDecodedThenSplit) {
  EXPECT_THAT(names("boards=a"), ElementsAre("a"));
  EXPECT_THAT(names("boards=a,b"), ElementsAre("a", "b"));
  EXPECT_THAT(names("boards=a%2Cb"), ElementsAre("a", "b"));  // as URLSearchParams writes it
  EXPECT_THAT(names("boards=a,b&boards=c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(names("boards=,a,,b,"), ElementsAre("a", "b"));
  EXPECT_THAT(names("boards=b,a,b&boards=a"), ElementsAre("b", "a"));
  EXPECT_THAT(names("boards=a+b,c%20d,%C3%A9,%"), ElementsAre("a b", "c d", "é", "%"));
  EXPECT_THAT(names("b%6Fards=a"), ElementsAre("a"));
}

TEST(StreamQuery, BoardTakesOneNameWithItsCommas) {
  EXPECT_THAT(names("board=a,b"), ElementsAre("a,b"));
  EXPECT_THAT(names("board=a&boards=b,c&board=a&board="), ElementsAre("a", "b", "c"));
}

TEST(StreamQuery, PatternsEndWithAnAsterisk) {
  EXPECT_THAT(names("boards=team-*,a,*"), ElementsAre("team-*", "a", "*"));
}

TEST(StreamQuery, WithoutABoardItSaysHowToNameOne) {
  for (const char* query : {"", "boards=", "boards=,,", "board=", "other=a", "boards"}) {
    EXPECT_THAT(error(query), HasSubstr("/events?boards=")) << query;
  }
}

TEST(StreamQuery, BoardsAreBounded) {
  EXPECT_THAT(names("boards=a,b,c,d,,d,a"), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(error("boards=a,b,c,d,e"), HasSubstr("at most 4"));
  EXPECT_THAT(error("boards=a&events=a,b,c,d,e"), HasSubstr("at most 4"));
}

TEST(StreamQuery, ParametersAreBounded) {
  std::string query = "boards=a";
  for (int i = 0; i < 4 + 63; ++i) query += "&x";
  EXPECT_EQ(error(query), "no error");
  EXPECT_THAT(error(query + "&x"), HasSubstr("Too many parameters"));
}

TEST(StreamQuery, NamesAreChecked) {
  EXPECT_NE(error("boards=a%0Ab"), "no error");
  EXPECT_NE(error("boards=%FF"), "no error");
  EXPECT_NE(error("boards=a*b"), "no error");
  EXPECT_NE(error("boards=" + std::string(257, 'a')), "no error");
  EXPECT_EQ(error("boards=" + std::string(256, 'a')), "no error");
}

TEST(StreamQuery, TypesFilter) {
  const base::Result<StreamQuery> all = read("boards=a&events=");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->filter.wants_type("x"));
  const base::Result<StreamQuery> some = read("boards=a&events=x,y&events=message");
  ASSERT_TRUE(some);
  for (const char* type : {"x", "y", ""}) EXPECT_TRUE(some->filter.wants_type(type)) << type;
  EXPECT_FALSE(some->filter.wants_type("z"));
}

TEST(StreamQuery, LimitAndFormat) {
  EXPECT_EQ(read("boards=a")->limit, 0u);
  EXPECT_EQ(read("boards=a&limit=7")->limit, 7u);
  EXPECT_EQ(read("boards=a&limit=7&limit=9")->limit, 9u);
  for (const char* limit : {"0", "", "-1", "+1", "1.0", "x", "18446744073709551616"}) {
    EXPECT_THAT(error(std::string("boards=a&limit=") + limit), HasSubstr("limit=")) << limit;
  }
  EXPECT_EQ(read("boards=a")->format, broker::Format::plain);
  EXPECT_EQ(read("boards=a&format=json")->format, broker::Format::json);
  EXPECT_EQ(read("boards=a&format=plain")->format, broker::Format::plain);
  for (const char* format : {"", "JSON", "xml"}) {
    EXPECT_THAT(error(std::string("boards=a&format=") + format), HasSubstr("plain or json"));
  }
  StreamDefaults json = kDefaults;
  json.format = broker::Format::json;
  EXPECT_EQ(read_stream_query(test::make_request("GET", "/events?boards=a"), json)->format,
            broker::Format::json);
}

TEST(StreamQuery, AStreamMayHaveANameThatIsHardToGuess) {
  EXPECT_EQ(read("boards=a")->name, "");
  const std::string sixteen = "aZ09_-aZ09_-aZ09";
  for (const std::string& name : {sixteen, sixteen + sixteen + sixteen + sixteen}) {
    const base::Result<StreamQuery> result = read("stream=" + name + "&boards=a");
    ASSERT_TRUE(result) << name;
    EXPECT_EQ(result->name, name);
  }
  EXPECT_EQ(read("boards=a&stream=x&stream=" + sixteen)->name, sixteen);
  for (const std::string& name :
       {std::string(), sixteen.substr(1), std::string(65, 'a'), sixteen + '.', sixteen + "%20",
        sixteen + "%C3%A9", sixteen + "%00", '+' + sixteen}) {
    EXPECT_THAT(error("boards=a&stream=" + name), HasSubstr("stream= takes a name of 16 to 64"))
        << name;
  }
}

TEST(StreamQuery, UnknownParametersAreIgnored) {
  EXPECT_THAT(names("_=1&access_token=x&boards=a&Boards=b&&=&%00"), ElementsAre("a"));
}

using broker::Start;

struct Position {
  const char* field;      // Last-Event-ID
  const char* parameter;  // lastEventId, null when absent
  Start::Kind kind;
  const char* id;  // of `after`
};

// The log stands at 7f3a91c2-00000000002a.
constexpr Position kPositions[] = {
    {"", nullptr, Start::Kind::now, ""},
    {"", "", Start::Kind::now, ""},
    {"", "earliest", Start::Kind::earliest, ""},
    {"earliest", nullptr, Start::Kind::earliest, ""},
    {"", "7f3a91c2-000000000007", Start::Kind::after, "7f3a91c2-000000000007"},
    {"7f3a91c2-000000000007", nullptr, Start::Kind::after, "7f3a91c2-000000000007"},
    {"7f3a91c2-00000000002a", nullptr, Start::Kind::after, "7f3a91c2-00000000002a"},
    {"7f3a91c2-000000000007", "earliest", Start::Kind::after, "7f3a91c2-000000000007"},
    {"7f3a91c2-000000000007", "junk", Start::Kind::after, "7f3a91c2-000000000007"},
    {"00000001-ffffffffffff", nullptr, Start::Kind::after, "00000001-ffffffffffff"},
    {"", "00000001-ffffffffffff", Start::Kind::after, "00000001-ffffffffffff"},
    {"7f3a91c2-00000000002b", nullptr, Start::Kind::unknown, ""},
    {"17", nullptr, Start::Kind::unknown, ""},
    {"7F3A91C2-000000000007", nullptr, Start::Kind::unknown, ""},
    {"7f3a91c2-000000000007, 7f3a91c2-000000000008", nullptr, Start::Kind::unknown, ""},
    {"junk", "7f3a91c2-000000000007", Start::Kind::unknown, ""},
};

TEST(StreamQuery, ThePositionOfTheFieldWinsAndIsNeverAnError) {
  for (const Position& position : kPositions) {
    std::string query = "boards=a";
    if (position.parameter != nullptr) query += std::string("&lastEventId=") + position.parameter;
    const base::Result<StreamQuery> result = read(query, position.field);
    ASSERT_TRUE(result) << position.field << ' ' << query << result.error().message;
    EXPECT_EQ(result->start.kind, position.kind) << position.field << ' ' << query;
    if (position.kind != Start::Kind::after) continue;
    EXPECT_EQ(broker::to_string(result->start.id), position.id) << position.field << ' ' << query;
  }
}

TEST(StreamQuery, TheNewestOfEachBoard) {
  const base::Result<StreamQuery> result = read("boards=a&last=5");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->start.kind, Start::Kind::last);
  EXPECT_EQ(result->start.count, 5U);
  EXPECT_EQ(read("boards=a&last=5", "7f3a91c2-000000000007")->start.kind, Start::Kind::after);
  EXPECT_EQ(read("boards=a&last=5&lastEventId=earliest")->start.kind, Start::Kind::earliest);
  for (const char* last : {"", "0", "-1", "x", "1.5"}) {
    EXPECT_THAT(error(std::string("boards=a&last=") + last), HasSubstr("last=")) << last;
  }
}

TEST(StreamQuery, APositionOfNobodyInTheQueryIsAnError) {
  for (const char* id : {"junk", "17", "7f3a91c2-00000000002b", "7F3A91C2-000000000007"}) {
    EXPECT_THAT(error(std::string("boards=a&lastEventId=") + id), HasSubstr("lastEventId="));
  }
  EXPECT_EQ(read("boards=a&lastEventId=&lastEventId=7f3a91c2-000000000007")->start.kind,
            Start::Kind::after);
}

}  // namespace
}  // namespace gateway::api
