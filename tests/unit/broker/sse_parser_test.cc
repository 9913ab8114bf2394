// The parser that the other tests trust, against the rules and examples of WHATWG HTML §9.2.6.
#include "support/sse_parser.h"

#include <gtest/gtest.h>

namespace gateway::test {
namespace {

using Events = std::vector<SseEvent>;

Events parse(std::string_view text) { return SseParser().feed(text); }

TEST(SseParser, ReadsTheExamplesOfTheStandard) {
  EXPECT_EQ(parse("data: YHOO\ndata: +2\ndata: 10\n\n"), (Events{{"message", "YHOO\n+2\n10", ""}}));
  EXPECT_EQ(parse(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"
                  "data:  third event\n\n"),
            (Events{{"message", "first event", "1"},
                    {"message", "second event", ""},
                    {"message", " third event", ""}}));
  EXPECT_EQ(parse("data\n\ndata\ndata\n\ndata:"),
            (Events{{"message", "", ""}, {"message", "\n", ""}}));
  EXPECT_EQ(parse("data:test\n\ndata: test\n\n"),
            (Events{{"message", "test", ""}, {"message", "test", ""}}));
}

TEST(SseParser, TakesEveryLineEnding) {
  const Events two{{"message", "a", ""}, {"message", "b", ""}};
  EXPECT_EQ(parse("data: a\n\ndata: b\n\n"), two);
  EXPECT_EQ(parse("data: a\r\rdata: b\r\r"), two);
  EXPECT_EQ(parse("data: a\r\n\r\ndata: b\r\n\r\n"), two);
  EXPECT_EQ(parse("data: a\r\n\rdata: b\n\r\n"), two);
}

TEST(SseParser, SkipsOneByteOrderMarkAtTheStartOnly) {
  EXPECT_EQ(parse("\xEF\xBB\xBF"
                  "data: a\n\n")
                .size(),
            1U);
  EXPECT_EQ(parse("\xEF\xBB\xBF\xEF\xBB\xBF"
                  "data: a\n\n")
                .size(),
            0U);
  EXPECT_EQ(parse("\n\xEF\xBB\xBF"
                  "data: a\n\n")
                .size(),
            0U);
  EXPECT_EQ(parse("data: \xEF\xBB\xBF"
                  "a\n\n"),
            (Events{{"message",
                     "\xEF\xBB\xBF"
                     "a",
                     ""}}));
}

TEST(SseParser, KeepsTheFieldRules) {
  EXPECT_EQ(parse("event: x\nevent: y\ndata: 1\n\n"), (Events{{"y", "1", ""}}));
  EXPECT_EQ(parse("event: x\n\ndata: 1\n\n"), (Events{{"message", "1", ""}})) << "type is reset";
  EXPECT_EQ(parse("Data: 1\n\n"), Events{}) << "names are case-sensitive";
  EXPECT_EQ(parse(" data: 1\n\n"), Events{});
  SseParser parser;
  parser.feed("retry: 12\nretry: 1x\nretry: -1\nretry:\n\n:note\nfoo: bar\n");
  EXPECT_EQ(parser.retry(), 12U);
  EXPECT_EQ(parser.comments(), std::vector<std::string>{"note"});
  EXPECT_EQ(parser.unknown_fields(), std::vector<std::string>{"foo"});
}

TEST(SseParser, SetsTheLastEventIdAtTheBlankLine) {
  SseParser parser;
  parser.feed("id: 1\n");
  EXPECT_EQ(parser.last_event_id(), "");
  EXPECT_TRUE(parser.feed("\n").empty());
  EXPECT_EQ(parser.last_event_id(), "1") << "also when nothing is dispatched";
  parser.feed(std::string_view("id: 2\0\n\n", 8));
  EXPECT_EQ(parser.last_event_id(), "1") << "an id with NUL is ignored";
  parser.feed("data: x\n\n");
  EXPECT_EQ(parser.last_event_id(), "1");
}

TEST(SseParser, DoesNotCareHowTheBytesArePacked) {
  const std::string_view text =
      "\xEF\xBB\xBF"
      "id: 7\r\nevent: t\r\ndata: a\r\ndata: b\r\n\r\n: c\n\n";
  SseParser parser;
  Events events;
  for (const char c : text) {
    for (SseEvent& event : parser.feed({&c, 1})) events.push_back(event);
  }
  EXPECT_EQ(events, (Events{{"t", "a\nb", "7"}}));
  EXPECT_FALSE(parser.incomplete());
  parser.feed("data: x\n");
  EXPECT_TRUE(parser.incomplete());
}

}  // namespace
}  // namespace gateway::test
