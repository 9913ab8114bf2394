// Everything that POST /events refuses: its status, and that the detail names the culprit. Nothing
// of it is published.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "unit/api/publish_world.h"

namespace gateway::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kLines = "application/x-ndjson";
constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kText = "text/plain";

struct Bad {
  std::string_view type;
  std::string_view query;
  std::string body;
  int status;
  std::string_view detail;  // as it stands in the answer, so quotes are escaped
};

void PrintTo(const Bad& bad, std::ostream* out) {
  *out << bad.type << " ?" << bad.query << " " << bad.body.substr(0, 100);
}

class PublishBad : public testing::TestWithParam<Bad> {};

TEST_P(PublishBad, IsRefusedWhole) {
  const Bad& bad = GetParam();
  PublishWorld world;
  const http::Response answer = world.post(bad.type, bad.query, bad.body);
  EXPECT_EQ(answer.status, bad.status) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr(bad.detail));
  EXPECT_THAT(answer.body, ContainsRegex("[.?]\"}\n$")) << "a whole sentence";
  EXPECT_TRUE(base::is_utf8(answer.body));
  EXPECT_EQ(answer.fields.get("content-type"), "application/problem+json");
  EXPECT_EQ(answer.fields.has("accept-post"), bad.status == 415);
  EXPECT_EQ(world.replies, 1U);
  EXPECT_TRUE(world.recorder.drafts.empty());
  EXPECT_EQ(world.counters.publish_requests.value(), 1U);
  EXPECT_EQ(world.counters.publish_refused_invalid.value(), 1U);
  EXPECT_EQ(world.counters.published_events.value(), 0U);
}

std::string with_nul(std::string text) {
  text.replace(text.find('@'), 1, 1, '\0');
  return text;
}

Bad json(std::string body, std::string_view detail) {
  return {kJson, "", std::move(body), 400, detail};
}
Bad lines(std::string body, std::string_view detail) {
  return {kLines, "", std::move(body), 400, detail};
}
Bad form(std::string_view query, std::string body, std::string_view detail) {
  return {kForm, query, std::move(body), 400, detail};
}
Bad text(std::string_view query, std::string body, std::string_view detail) {
  return {kText, query, std::move(body), 400, detail};
}
Bad unsupported(std::string_view type, std::string_view detail) {
  return {type, "", R"({"board":"b","data":1})", 415, detail};
}
/// An event with this board, type, data or key as its JSON.
Bad board(const std::string& value, std::string_view detail) {
  return json(R"({"data":1,"board":)" + value + "}", detail);
}
Bad type(const std::string& value, std::string_view detail) {
  return json(R"({"board":"b","data":1,"event":)" + value + "}", detail);
}
Bad data(const std::string& value, std::string_view detail) {
  return json(R"({"board":"b","data":)" + value + "}", detail);
}
Bad key(const std::string& value, std::string_view detail) {
  return json(R"({"board":"b","data":1,"key":)" + value + "}", detail);
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, PublishBad,
    testing::Values(json("", "empty body"), json(" \r\n", "empty body"),
                    json("{", "Missing a name"), json("hello", "Invalid value"),
                    json(R"({"board":"b","data":1)", "Missing a comma or '}'"),
                    json(R"({"board":"b","data":1}})", "must not be followed"),
                    json(R"({"board":"b","data":1}{"board":"b","data":1})", "must not be followed"),
                    json(R"({"board":"b","data":1,})", "Missing a name"),
                    json(R"({"board":"b" "data":1})", "(at byte 13)"),
                    json("{'board':'b','data':1}", "Missing a name"),
                    json("\xEF\xBB\xBF{\"board\":\"b\",\"data\":1}", "Invalid value"),
                    json("board=b&data=1", "Invalid value"),
                    json(with_nul(R"({"board":"b","data":1}@)"), "NUL byte (at byte 22)"),
                    data("01", "Broken JSON"), data("1.", "Broken JSON"),
                    data("--1", "Broken JSON"), data("NaN", "Broken JSON"),
                    data("[1,]", "Broken JSON"), data("\"\xFF\"", "encoding"),
                    data("[\"\xED\xA0\x80\"]", "encoding"), data(R"("\uD800")", "surrogate"),
                    data(R"(["\uDC00"])", "surrogate"), data(R"({"\uD83Dx":1})", "surrogate"),
                    data("\"a\nb\"", "Broken JSON")));

INSTANTIATE_TEST_SUITE_P(
    Shape, PublishBad,
    testing::Values(json("1", "An event is a JSON object"),
                    json("\"b\"", "An event is a JSON object"),
                    json("null", "An event is a JSON object"), json("[]", "empty batch"),
                    json("[1]", "item 0: An event is a JSON object"),
                    json("[[]]", "item 0: An event is a JSON object"), json("{}", "No board"),
                    json(R"({"board":"b"})", R"(No \"data\")"),
                    json(R"({"data":1})", R"(name one in \"board\")"),
                    json(R"({"boards":[],"data":1})", "No board"),
                    json(R"({"board":"a","boards":["b"],"data":1})", "send one of them"),
                    json(R"({"board":"a","boards":[],"data":1})", "send one of them"),
                    json(R"({"boards":"a","data":1})", R"(\"boards\" is an array)"),
                    json(R"({"boards":{"a":1},"data":1})", R"(\"boards\" is an array)"),
                    json(R"({"boards":[1],"data":1})", R"(\"boards\" is an array)"),
                    json(R"({"boards":["a",["b"]],"data":1})", R"(\"boards\" is an array)"),
                    board("[\"a\"]", R"(\"board\" is a string)"), board("1", "is a string"),
                    board("null", "is a string"), type("1", R"(\"event\" is a string)"),
                    type("null", "is a string"), type("{}", "is a string")));

INSTANTIATE_TEST_SUITE_P(
    Members, PublishBad,
    testing::Values(json(R"({"bord":"b","data":1})", R"(member \"bord\": did you mean \"board\"?)"),
                    json(R"({"Data":1,"board":"b"})", R"(did you mean \"data\"?)"),
                    json(R"({"board":"b","data":1,"evnt":"t"})", R"(did you mean \"event\"?)"),
                    json(R"({"board":"b","data":1,"subject":"s"})",
                         R"(member \"subject\"; known are board, boards, data, event, key.)"),
                    json(R"({"board":"b","data":1,"id":"x"})", R"(Unknown member \"id\")"),
                    json(R"({"":1})", R"(Unknown member \"\")"),
                    json(R"({"board\u0000":"b","data":1})", "Unknown member"),
                    json(R"({"board":"b","data":1,"data":2})", R"(Repeated member \"data\")"),
                    json(R"({"board":"b","board":"b","data":1})", R"(Repeated member \"board\")"),
                    json(R"({"board":"b","b\u006fard":"c","data":1})", "Repeated member"),
                    data(R"({"x":1,"x":1})", R"(Repeated member \"x\")"),
                    data(R"([{"a":{"\u0078":1,"x":1}}])", R"(Repeated member \"x\")")));

INSTANTIATE_TEST_SUITE_P(
    Boards, PublishBad,
    testing::Values(board(R"("")", "empty"), board(R"("*")", "asterisk"),
                    board(R"("team-*")", "asterisk"), board(R"("a*b")", "asterisk"),
                    board(R"("a\u0000b")", "control"), board(R"("a\nb")", "control"),
                    board(R"("a\u007f")", "control"), board(R"("a\u0085")", "control"),
                    board('"' + std::string(257, 'x') + '"', "longer than 256"),
                    json(R"({"boards":["a",""],"data":1})", "empty"),
                    json(R"({"boards":["a","b*"],"data":1})", R"(name \"b*\")"),
                    form("board=", "x", "empty"), form("board=a%0Ab", "x", "control"),
                    form("board=%FF", "x", "UTF-8"), text("board=a*", "x", "asterisk")));

INSTANTIATE_TEST_SUITE_P(
    Types, PublishBad,
    testing::Values(type(R"("open")", "EventSource"), type(R"("\u006fpen")", "EventSource"),
                    type(R"("error")", "EventSource"), type(R"("boardcast.")", "begins with"),
                    type(R"("boardcast.open")", "begins with"), type(R"("a\nb")", "line break"),
                    type(R"("a\rb")", "line break"), type(R"("a\r\ndata: x")", "line break"),
                    type(R"("a\u0000")", "control"), type(R"("a\tb")", "control"),
                    type(R"("\u007f")", "control"), type(R"("\u0085")", "control"),
                    type('"' + std::string(257, 'x') + '"', "longer than 256"),
                    form("board=b&event=error", "x", "EventSource"),
                    form("board=b&event=a%0D", "x", "line break"),
                    form("board=b&event=%FF", "x", "UTF-8"),
                    text("board=b&event=boardcast.end", "x", "begins with"),
                    form("", "board=b&data=x&event=open", "EventSource")));

INSTANTIATE_TEST_SUITE_P(
    Keys, PublishBad,
    testing::Values(key("1", R"(\"key\" is a string)"), key("null", R"(\"key\" is a string)"),
                    key("[\"k\"]", R"(\"key\" is a string)"),
                    key(R"("")", R"(The key \"\" is not 1 to 256 bytes)"),
                    key('"' + std::string(257, 'x') + '"', "is not 1 to 256 bytes"),
                    key(R"("a\u0000")", "without control"), key(R"("a\nb")", "without control"),
                    key(R"("\u007f")", "without control"), key(R"("\u0085")", "without control"),
                    json(R"({"key":"a","board":"b","key":"a","data":1})", "Repeated member"),
                    lines(R"({"board":"b","data":1,"key":""})", "item 0: The key"),
                    form("board=b&key=", "x", "The key"), form("board=b&key=%FF", "x", "UTF-8"),
                    form("key=k", "board=b&data=x", "No board"),
                    form("", "board=b&data=x&key=%0A", "The key"),
                    text("board=b&key=a&key=b", "x", R"(Repeated query parameter \"key\")")));

INSTANTIATE_TEST_SUITE_P(
    Data, PublishBad,
    testing::Values(data(R"("a\u0000b")", "NUL"), text("board=b", with_nul("a@b"), "NUL"),
                    text("board=b", "\xC3(", "UTF-8"), text("board=b", "\xED\xA0\x80", "UTF-8"),
                    form("board=b", "\xFF", "UTF-8"), form("", "board=b&data=%FF", "UTF-8"),
                    form("", "board=b&data=a%00", "NUL")));

INSTANTIATE_TEST_SUITE_P(
    Batches, PublishBad,
    testing::Values(
        json(R"([{"board":"b","data":1},{"board":"b"}])", R"(item 1: No \"data\")"),
        json(R"([{"board":"b","data":1},2])", "item 1: An event"),
        json(R"([{"board":"b","data":1},{"board":"*","data":1}])", "item 1: The board"),
        json(R"([{"board":"b","data":1},{"board":"b","data":1}x])", "item 2: Broken"),
        json(R"([{"board":"b","data":1},{"board":"b","data":1},])", "item 2: Broken"),
        json(R"([{"board":"b","data":1})", "item 1: Broken"),
        json(R"([{"board":"b","data":1},{"data":[{"a":1,"a":1}]}])",
             R"(item 1: Repeated member \"a\")"),
        lines("", "empty batch"), lines("\n\r\n\n", "empty batch"),
        lines("{\"board\":\"b\",\"data\":1}\n\n{\"board\":\"b\"}", "item 1: No"),
        lines("{\"board\":\"b\",\"data\":1}\n{\"board\":\"b\",\"data\":1,\n", "item 1: Broken"),
        lines("[{\"board\":\"b\",\"data\":1}]", "item 0: An event is a JSON object"),
        lines("{\"board\":\"b\",\"data\":1} {\"board\":\"b\",\"data\":1}", "item 0: Broken"),
        lines("{\"board\":\n\"b\",\"data\":1}", "item 0: Broken"),
        lines("{\"board\":\"b\",\"data\":1}\rx", "item 0: Broken")));

INSTANTIATE_TEST_SUITE_P(
    Queries, PublishBad,
    testing::Values(Bad{kJson, "board=b", R"({"data":1})", 400, "nothing from the URL"},
                    Bad{kJson, "board=b", R"({"board":"b","data":1})", 400, "nothing from the URL"},
                    Bad{kJson, "event=t", R"({"board":"b","data":1})", 400, "nothing from the URL"},
                    Bad{kLines, "board=b", R"({"board":"b","data":1})", 400,
                        "nothing from the URL"},
                    text("", "x", "?board=NAME"), text("event=t", "x", "?board=NAME"),
                    text("boards=a,b", "x", R"(parameter \"boards\": did you mean \"board\"?)"),
                    text("board=b&evnt=t", "x", R"(did you mean \"event\"?)"),
                    text("board=b&data=x", "x",
                         R"(Unknown query parameter \"data\"; known are board, event, key.)"),
                    text("board=b&event=a&event=a", "x", R"(Repeated query parameter \"event\")"),
                    text("BOARD=b", "x", "Unknown query parameter"), text("=b", "x", "Unknown")));

INSTANTIATE_TEST_SUITE_P(
    Forms, PublishBad,
    testing::Values(form("", "", R"(No form field \"board\")"),
                    form("", "hello", R"(Unknown form field \"hello\")"),
                    form("", "hello", "?board=NAME"), form("", "{\"board\":\"b\"}", "Unknown form"),
                    form("", "board=b", R"(No form field \"data\")"), form("", "data=x", "No form"),
                    form("", "board=b&data=x&data=x", R"(Repeated form field \"data\")"),
                    form("", "board=b&data=x&event=a&event=b", "Repeated form field"),
                    form("", "board=b&data=x&subject=s", "known are board, data, event, key"),
                    form("", "boards=a&data=x", R"(did you mean \"board\"?)"),
                    form("event=t", "board=b&data=x", "?board=NAME"),
                    form("bord=b", "x", R"(did you mean \"board\"?)")));

INSTANTIATE_TEST_SUITE_P(
    MediaTypes, PublishBad,
    testing::Values(unsupported("", "no content-type"), unsupported("json", "no media type"),
                    unsupported("application/", "no media type"),
                    unsupported("/json", "no media type"),
                    unsupported("application/json, application/json", "no media type"),
                    unsupported("application/json;charset", "no media type"),
                    unsupported("application/json;charset=utf-8;charset=utf-8", "no media type"),
                    unsupported("application/json;charset=", "no media type"),
                    unsupported("application/json;charset=iso-8859-1", R"(charset \"iso-8859-1\")"),
                    unsupported("text/plain;charset=\"utf-16\"", R"(charset \"utf-16\")"),
                    unsupported("application/xml", R"(\"application/xml\" cannot be published)"),
                    unsupported("application/jsonx", "cannot be published"),
                    unsupported("application/problem+json", "cannot be published"),
                    unsupported("multipart/form-data; boundary=x", "multipart/form-data"),
                    unsupported("application/octet-stream", "cannot be published"),
                    unsupported("text", "no media type"), unsupported("\xFF", "no media type")));

}  // namespace
}  // namespace gateway::test
