// The encoder against a parser that does what browsers do.
#include "broker/sse.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/text.h"
#include "broker/filter.h"
#include "support/sse_parser.h"

namespace gateway::broker {
namespace {

using Events = std::vector<test::SseEvent>;

constexpr EventId kId{0x7f3a91c2, 0x2a};
constexpr std::string_view kIdText = "7f3a91c2-00000000002a";

Draft draft(std::string type, std::string data, bool json = false) {
  return Draft{{"b"}, std::move(type), std::move(data), json};
}

/// What a browser makes of data: every line ending is an LF.
std::string with_lf(std::string_view data) {
  std::string out;
  for (std::size_t at = 0; at < data.size(); ++at) {
    if (data[at] == '\n' && at > 0 && data[at - 1] == '\r') continue;
    out += data[at] == '\r' ? '\n' : data[at];
  }
  return out;
}

TEST(SsePlain, IsIdEventAndDataLines) {
  EXPECT_EQ(sse::encode_plain(draft("tick", "a\nb"), kId),
            "id: 7f3a91c2-00000000002a\nevent: tick\ndata: a\ndata: b\n\n");
  EXPECT_EQ(sse::encode_plain(draft("", "a"), kId), "id: 7f3a91c2-00000000002a\ndata: a\n\n");
}

TEST(SsePlain, EmptyDataIsStillDispatched) {
  test::SseParser parser;
  EXPECT_EQ(parser.feed(sse::encode_plain(draft("", ""), kId)),
            (Events{{"message", "", std::string(kIdText)}}));
}

TEST(SsePlain, SplitsAtEveryLineEndingAndOnlyThere) {
  for (const char* data : {"\n", "\r", "\r\n", "\n\r", "a\r", "\na", "a\r\n\r\nb", "\r\r\n\n", " a",
                           "  ", "data: x\n\nid: 9\n\n", ":c\r:d", "a\xE2\x80\xA8z", "\xC2\x85",
                           "\xEF\xBB\xBFx", "x\v\fy"}) {
    test::SseParser parser;
    const Events events = parser.feed(sse::encode_plain(draft("t", data), kId));
    EXPECT_EQ(events, (Events{{"t", with_lf(data), std::string(kIdText)}})) << data;
    EXPECT_FALSE(parser.incomplete());
  }
}

TEST(SseJson, IsOneEnvelopeOnOneLine) {
  EXPECT_EQ(sse::encode_json(draft("tick", R"({"n":1.10})", true), kId, 1'700, "a\"b"),
            "id: 7f3a91c2-00000000002a\n"
            R"(data: {"id":"7f3a91c2-00000000002a","board":"a\"b","event":"tick","time":1700,)"
            R"("data":{"n":1.10}})"
            "\n\n");
  EXPECT_EQ(sse::encode_json(draft("", "two\r\nlines"), kId, -1, "b"),
            "id: 7f3a91c2-00000000002a\n"
            R"(data: {"id":"7f3a91c2-00000000002a","board":"b","event":"message","time":-1,)"
            R"("data":"two\r\nlines"})"
            "\n\n");
}

TEST(SseJson, DropsLineBreaksBetweenTokens) {
  const std::string text = sse::encode_json(draft("", "{\r\n\"a\":\r1\n}", true), kId, 0, "b");
  EXPECT_NE(text.find(R"("data":{"a":1}})"), std::string::npos) << text;
  EXPECT_EQ(test::SseParser().feed(text).size(), 1U);
}

TEST(SseControl, CarriesAnIdOnlyWithAPosition) {
  EXPECT_EQ(sse::control("boardcast.end", "{}"), "event: boardcast.end\ndata: {}\n\n");
  EXPECT_EQ(sse::control("boardcast.open", "{}", kId),
            "id: 7f3a91c2-00000000002a\nevent: boardcast.open\ndata: {}\n\n");
  EXPECT_EQ(sse::retry(std::chrono::milliseconds(2'310)), "retry: 2310\n\n");
}

TEST(SseHeartbeat, RunsNoHandlerAndMovesTheId) {
  test::SseParser parser;
  EXPECT_TRUE(parser.feed(sse::heartbeat()).empty());
  EXPECT_EQ(parser.last_event_id(), "");
  EXPECT_TRUE(parser.feed(sse::heartbeat(kId)).empty());
  EXPECT_EQ(parser.last_event_id(), kIdText);
  EXPECT_EQ(parser.comments(), (std::vector<std::string>{" heartbeat", " heartbeat"}));
  EXPECT_FALSE(parser.incomplete());
}

/// Text that tries: line endings, field names, blank lines, marks, multi-byte characters.
std::string nasty_text(base::Random& random) {
  static constexpr std::string_view kPieces[] = {
      "\n",   "\r",     "\r\n",     "\n\n",         ":",        " ",    "data: ", "id: 1",
      "x",    "event:", "retry: 1", "\xEF\xBB\xBF", "\xC3\xA9", "\\",   "\"",     "\t",
      "\x01", "🙂",   "\xC2\x85", "\xE2\x80\xA8", "名",       "\x7F", "{",      "boardcast.end"};
  std::string text;
  for (auto n = random.below(12); n > 0; --n) text += kPieces[random.below(std::size(kPieces))];
  return text;
}

TEST(SseProperty, AParserReadsBackExactlyOneEqualEvent) {
  base::SeededRandom random(2026);
  std::string stream;
  Events expected;
  for (int i = 0; i < 20'000; ++i) {
    std::string type = nasty_text(random);
    if (base::has_control(type)) type.clear();  // what the API refuses never comes here
    const std::string data = nasty_text(random);
    const EventId id{7, static_cast<Seq>(i + 1)};
    stream += sse::encode_plain(draft(type, data), id);
    expected.push_back({type.empty() ? "message" : type, with_lf(data), to_string(id)});
  }
  test::SseParser parser;
  const Events read = parser.feed(stream);
  ASSERT_EQ(read.size(), expected.size());
  for (std::size_t i = 0; i < read.size(); ++i) EXPECT_EQ(read[i], expected[i]);
  EXPECT_TRUE(parser.unknown_fields().empty());
  EXPECT_TRUE(parser.comments().empty());
  EXPECT_FALSE(parser.retry());
  EXPECT_FALSE(parser.incomplete());
}

TEST(SseProperty, NothingEscapesTheJsonEnvelope) {
  base::SeededRandom random(2027);
  for (int i = 0; i < 20'000; ++i) {
    const std::string board = nasty_text(random);
    const std::string type = nasty_text(random);
    if (!check_board_name(board) || base::has_control(type)) continue;
    const std::string data = nasty_text(random);
    test::SseParser parser;
    const Events events = parser.feed(sse::encode_json(draft(type, data), kId, 5, board));
    const std::string envelope = R"({"id":"7f3a91c2-00000000002a","board":)" +
                                 base::json_string(board) + R"(,"event":)" +
                                 base::json_string(type.empty() ? "message" : type) +
                                 R"(,"time":5,"data":)" + base::json_string(data) + '}';
    ASSERT_EQ(events, (Events{{"message", envelope, std::string(kIdText)}}));
    ASSERT_TRUE(parser.unknown_fields().empty() && parser.comments().empty());
  }
}

}  // namespace
}  // namespace gateway::broker
