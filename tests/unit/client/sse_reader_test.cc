#include "client/sse_reader.h"

#include <vector>

#include <gmock/gmock.h>

namespace gateway::client {
namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;

constexpr std::size_t kNoLimit = 1 << 20;

/// A reader and what it handed on, as "type|data|id".
struct Reading {
  std::vector<std::string> events;
  SseReader reader;

  explicit Reading(std::size_t event_bytes_max = kNoLimit)
      : reader(event_bytes_max, [this](const SseEvent& event) {
          events.push_back(std::string(event.type) + "|" + std::string(event.data) + "|" +
                           reader.last_event_id());
          return true;
        }) {}

  SseReader::State bytewise(std::string_view text) {
    SseReader::State state = SseReader::State::kReading;
    for (std::size_t i = 0; i < text.size() && state == SseReader::State::kReading; ++i) {
      state = reader.feed(text.substr(i, 1));
    }
    return state;
  }
};

/// The events of `text`, fed at once; byte by byte and in any two pieces it must give the same.
std::vector<std::string> events_of(std::string_view text) {
  Reading whole;
  whole.reader.feed(text);
  Reading bytes;
  bytes.bytewise(text);
  EXPECT_EQ(bytes.events, whole.events) << "byte by byte";
  EXPECT_EQ(bytes.reader.last_event_id(), whole.reader.last_event_id());
  EXPECT_EQ(bytes.reader.retry(), whole.reader.retry());
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Reading halves;
    halves.reader.feed(text.substr(0, cut));
    halves.reader.feed(text.substr(cut));
    EXPECT_EQ(halves.events, whole.events) << "cut at " << cut;
  }
  return whole.events;
}

TEST(SseReader, LinesEndWithCrLfOrBoth) {
  for (const std::string_view text :
       {"data: a\nid: 1\n\ndata: b\n\n"sv, "data: a\rid: 1\r\rdata: b\r\r"sv,
        "data: a\r\nid: 1\r\n\r\ndata: b\r\n\r\n"sv, "data: a\r\nid: 1\r\n\ndata: b\n\r"sv}) {
    EXPECT_THAT(events_of(text), ElementsAre("message|a|1", "message|b|1"))
        << testing::PrintToString(text);
  }
}

TEST(SseReader, CrLfEndsOneLineOnly) {
  EXPECT_THAT(events_of("data: a\r\ndata: b\r\n\r\n"), ElementsAre("message|a\nb|"));
}

TEST(SseReader, AByteOrderMarkMayComeFirstAndOnlyThere) {
  EXPECT_THAT(events_of("\xEF\xBB\xBF"
                        "data: a\n\n\xEF\xBB\xBF"
                        "data: b\n\ndata: c\n\n"),
              ElementsAre("message|a|", "message|c|"));
  EXPECT_THAT(events_of("\xEF\xBB\n\ndata: a\n\n"), ElementsAre("message|a|"));
}

TEST(SseReader, OneSpaceBehindTheColonIsNotData) {
  EXPECT_THAT(events_of("data:a\ndata: b\ndata:  c\ndata:\ndata\n\n"),
              ElementsAre("message|a\nb\n c\n\n|"));
}

TEST(SseReader, CommentsAndUnknownFieldsSayNothing) {
  EXPECT_THAT(events_of(": heartbeat\n\n:\nData: x\ndata : x\nfoo\n\ndata: a\n\n"),
              ElementsAre("message|a|"));
}

TEST(SseReader, ATypeHoldsForItsEventAlone) {
  EXPECT_THAT(events_of("event: moved\ndata: a\n\ndata: b\n\nevent: lost\n\ndata: c\n\nevent: x\n"
                        "event\ndata: d\n\n"),
              ElementsAre("moved|a|", "message|b|", "message|c|", "message|d|"));
}

TEST(SseReader, AnIdStaysUntilTheNext) {
  EXPECT_THAT(events_of("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n"),
              ElementsAre("message|a|1", "message|b|1", "message|c|"));
}

TEST(SseReader, AnIdWithNulIsIgnored) {
  EXPECT_THAT(events_of("id: 1\ndata: a\n\nid: 2\0"
                        "3\ndata: b\n\n"sv),
              ElementsAre("message|a|1", "message|b|1"));
}

// A heartbeat moves the position this way.
TEST(SseReader, AnIdWithoutDataMovesThePosition) {
  Reading reading;
  reading.reader.feed(": heartbeat\nid: 7\n");
  EXPECT_EQ(reading.reader.last_event_id(), "") << "its block is not complete";
  reading.reader.feed("\n");
  EXPECT_EQ(reading.reader.last_event_id(), "7");
  EXPECT_TRUE(reading.events.empty());
}

TEST(SseReader, RetryIsDigitsOnly) {
  Reading reading;
  for (const std::string_view bad : {"retry\n"sv, "retry: \n"sv, "retry: -1\n"sv, "retry: 1.5\n"sv,
                                     "retry:  7\n"sv, "retry: 7 \n"sv, "retry: 0x7\n"sv}) {
    reading.reader.feed(bad);
    EXPECT_EQ(reading.reader.retry(), std::nullopt) << bad;
  }
  reading.reader.feed("retry: 02310\n");
  EXPECT_EQ(reading.reader.retry(), 2310U);
}

TEST(SseReader, WhatIsIncompleteAtTheEndIsDropped) {
  Reading reading;
  reading.reader.feed("id: 1\ndata: a\n\nid: 2\nevent: x\ndata: half");
  reading.reader.restart();
  EXPECT_EQ(reading.reader.last_event_id(), "1");
  reading.reader.feed(
      "\xEF\xBB\xBF"
      "data: b\n\n");
  EXPECT_THAT(reading.events, ElementsAre("message|a|1", "message|b|1"));
}

TEST(SseReader, ALineLargerThanTheBoundEndsIt) {
  Reading exact(8);
  EXPECT_EQ(exact.bytewise("data: ab\n\n"), SseReader::State::kReading);
  EXPECT_THAT(exact.events, ElementsAre("message|ab|"));
  EXPECT_EQ(exact.bytewise("data: abc"), SseReader::State::kTooLarge);
  Reading comment(8);
  EXPECT_EQ(comment.reader.feed(": 3456789"), SseReader::State::kTooLarge);
}

TEST(SseReader, AnEventLargerThanTheBoundEndsIt) {
  Reading reading(16);
  EXPECT_EQ(reading.reader.feed("data: 123456789\ndata: 12345\n\n"), SseReader::State::kReading);
  EXPECT_EQ(reading.reader.feed("data: 123456789\ndata: 123456\n"), SseReader::State::kTooLarge);
  EXPECT_EQ(reading.events.size(), 1U);
}

TEST(SseReader, AHandlerThatWantsNoMoreIsAskedNoMore) {
  int asked = 0;
  SseReader reader(kNoLimit, [&asked](const SseEvent&) { return ++asked < 2; });
  EXPECT_EQ(reader.feed("data: a\n\ndata: b\n\ndata: c\n\n"), SseReader::State::kStopped);
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace gateway::client
