#include "http/h2_frame_tracker.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "support/h2_frames.h"

namespace gateway::test {
namespace {

const base::MonoTime kStart{std::chrono::hours(1)};

TEST(H2FrameTracker, SeesNoBlockInOtherFrames) {
  http::H2FrameTracker tracker;
  tracker.feed(h2_hello() + h2_frame(kH2Ping, 0, 0, "12345678"), kStart);
  EXPECT_FALSE(tracker.header_block_since());
}

TEST(H2FrameTracker, ABlockEndsWithTheLastByteOfItsLastFrame) {
  const std::string bytes = h2_hello() + h2_frame(kH2Headers, kH2EndHeaders, 1, "abc");
  http::H2FrameTracker tracker;
  tracker.feed(bytes.substr(0, bytes.size() - 1), kStart);
  EXPECT_EQ(tracker.header_block_since(), kStart);
  tracker.feed(bytes.substr(bytes.size() - 1), kStart + std::chrono::seconds(1));
  EXPECT_FALSE(tracker.header_block_since());
}

TEST(H2FrameTracker, ContinuationsDoNotStartTheTimeAnew) {
  http::H2FrameTracker tracker;
  tracker.feed(h2_hello() + h2_frame(kH2Headers, 0, 1, "abc"), kStart);
  tracker.feed(h2_frame(kH2Continuation, 0, 1, ""), kStart + std::chrono::seconds(1));
  EXPECT_EQ(tracker.header_block_since(), kStart);
  tracker.feed(h2_frame(kH2Continuation, kH2EndHeaders, 1, "d"), kStart + std::chrono::seconds(2));
  EXPECT_FALSE(tracker.header_block_since());
}

TEST(H2FrameTracker, CountsFramesThatDoNothing) {
  http::H2FrameTracker tracker;
  const std::string work = h2_frame(kH2Headers, kH2EndHeaders, 1, "abc") +
                           h2_frame(kH2Data, 0, 1, "d") + h2_frame(kH2Data, kH2EndStream, 1, "") +
                           h2_frame(kH2Reset, 0, 1, "1234") + h2_frame(kH2Ping, 0, 0, "12345678");
  tracker.feed(h2_hello() + work, kStart);
  EXPECT_EQ(tracker.take_idle_frames().plain, 0U);
  tracker.feed(h2_frame(kH2Data, 0, 1, "") + h2_frame(kH2Priority, 0, 1, "12345") +
                   h2_frame(kH2Unknown, 0, 1, "x") + h2_frame(kH2Ping, kH2Ack, 0, "12345678") +
                   h2_frame(kH2Goaway, 0, 0, "12345678") + h2_frame(kH2WindowUpdate, 0, 0, "1234"),
               kStart);
  const http::H2IdleFrames idle = tracker.take_idle_frames();
  EXPECT_EQ(idle.plain, 5U);
  EXPECT_EQ(idle.window_updates, 1U);
  EXPECT_EQ(tracker.take_idle_frames().plain, 0U);
}

TEST(H2FrameTracker, SeesWhoGoesOnAfterTheEnd) {
  const std::string before =
      h2_hello() + h2_frame(kH2Headers, kH2EndHeaders, 1, "abc") + h2_frame(kH2Data, 0, 1, "d") +
      h2_frame(kH2Headers, kH2EndHeaders | kH2EndStream, 1, "trailer") +
      h2_frame(kH2Headers, 0, 257, "abc") + h2_frame(kH2Continuation, kH2EndHeaders, 257, "d") +
      h2_frame(kH2Reset, 0, 257, "1234") + h2_frame(kH2Reset, 0, 257, "1234") +
      h2_frame(kH2Priority, 0, 1, "12345") + h2_frame(kH2WindowUpdate, 0, 1, "1234") +
      h2_frame(kH2Data, 0, 0, "e");
  const auto goes_on = [&](const std::string& frame) {
    http::H2FrameTracker tracker;
    tracker.feed(before, kStart);
    EXPECT_FALSE(tracker.went_on_after_end());
    EXPECT_EQ(tracker.take_late_data().frames, 0U);
    tracker.feed(frame, kStart);
    return tracker.went_on_after_end();
  };
  EXPECT_TRUE(goes_on(h2_frame(kH2Data, 0, 1, "")));
  EXPECT_TRUE(goes_on(h2_frame(kH2Headers, 0, 1, "")));
  EXPECT_TRUE(goes_on(h2_frame(kH2Data, 0, 1 | 1U << 31, "")));  // the bit is reserved
  EXPECT_TRUE(goes_on(h2_frame(kH2Headers, 0, 257, "")));
  EXPECT_FALSE(goes_on(h2_frame(kH2Data, 0, 257, "")));
  http::H2FrameTracker tracker;
  tracker.feed(before + h2_frame(kH2Data, 0, 257, "") + h2_frame(kH2Data, 0, 257, ""), kStart);
  const http::H2FrameTracker::LateData late = tracker.take_late_data();
  EXPECT_EQ(late.frames, 2U);
  EXPECT_EQ(late.stream, 257);
  EXPECT_FALSE(goes_on(h2_frame(kH2Data, 0, 3, "")));
}

TEST(H2FrameTracker, FollowsFramesInAnyPieces) {
  std::string bytes = h2_hello();
  for (std::uint32_t id = 1; id < 100; id += 2) {
    bytes += h2_frame(kH2Headers, kH2EndHeaders, id, std::string(id * 7 % 300, '\x01'));
    bytes += h2_frame(kH2Data, kH2EndStream, id, std::string(id * 31 % 700, '\x04'));
  }
  bytes += h2_frame(kH2Headers, 0, 101, "x");
  base::SeededRandom random(7);
  http::H2FrameTracker tracker;
  while (!bytes.empty()) {
    const std::size_t size = 1 + random.below(std::min<std::size_t>(bytes.size(), 50));
    const bool last = size == bytes.size();
    tracker.feed(std::string_view(bytes).substr(0, size), kStart);
    bytes.erase(0, size);
    if (last) {
      EXPECT_EQ(tracker.header_block_since(), kStart);
    }
  }
}

}  // namespace
}  // namespace gateway::test
