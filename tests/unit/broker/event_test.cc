#include "broker/event.h"

#include <barrier>
#include <thread>

#include <gtest/gtest.h>

#include "broker/sse.h"

namespace gateway::broker {
namespace {

EventRef make_event(std::vector<std::string> boards, std::string data = "x") {
  return base::make_intrusive<const Event>(Draft{std::move(boards), "t", std::move(data), false},
                                           EventId{1, 2}, 3);
}

TEST(EventForm, IsBuiltOnceOnFirstNeed) {
  const EventRef event = make_event({"a", "b"});
  base::Counter encodings;
  const std::string_view plain = event->form(Format::plain, 0, encodings);
  EXPECT_EQ(encodings.value(), 1U);
  EXPECT_EQ(event->form(Format::plain, 1, encodings).data(), plain.data())
      << "the plain form knows no board";
  EXPECT_EQ(encodings.value(), 1U);
  const std::string_view through_a = event->form(Format::json, 0, encodings);
  const std::string_view through_b = event->form(Format::json, 1, encodings);
  EXPECT_EQ(event->form(Format::json, 1, encodings).data(), through_b.data());
  EXPECT_EQ(encodings.value(), 3U);
  const Draft draft{{"a", "b"}, "t", "x", false};
  EXPECT_EQ(plain, sse::encode_plain(draft, {1, 2}));
  EXPECT_EQ(through_a, sse::encode_json(draft, {1, 2}, 3, "a"));
  EXPECT_EQ(through_b, sse::encode_json(draft, {1, 2}, 3, "b"));
}

TEST(EventFormDeathTest, HasNoFormForABoardItDoesNotHave) {
  const EventRef event = make_event({"a"});
  base::Counter encodings;
  EXPECT_DEATH(event->form(Format::json, 1, encodings), "check failed");
}

TEST(EventForm, RacingThreadsBuildItOnceAndAllSeeItWhole) {
  constexpr int kThreads = 4;
  constexpr int kEvents = 300;
  std::vector<EventRef> events;
  for (int i = 0; i < kEvents; ++i) events.push_back(make_event({"a"}, std::string(5'000, 'd')));
  std::barrier start(kThreads);
  std::vector<base::Counter> encodings(kThreads);
  std::vector<std::size_t> bytes(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (const EventRef& event : events) {
        start.arrive_and_wait();
        bytes[t] += event->form(Format::plain, 0, encodings[t]).size();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::uint64_t built = 0;
  for (std::size_t t = 0; t < kThreads; ++t) {
    built += encodings[t].value();
    EXPECT_EQ(bytes[t], bytes[0]);
  }
  EXPECT_EQ(built, static_cast<std::uint64_t>(kEvents));
}

}  // namespace
}  // namespace gateway::broker
