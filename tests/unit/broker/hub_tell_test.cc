// What the gateway says of its own in a running stream.
#include <gmock/gmock.h>

#include "unit/broker/hub_fixture.h"

namespace gateway::broker {
namespace {

using testing::Contains;
using testing::ElementsAre;
using Kind = Start::Kind;

constexpr const char* kWord = "data: word\n\n";

class TellTest : public HubTest {
 protected:
  static HistoryOptions with_latest() {
    HistoryOptions history;
    history.rules = {{"ticks", {1, 1'000'000, std::chrono::minutes(5), Deliver::latest}}};
    return history;
  }
  TellTest() : HubTest(with_latest()) { options_.history = with_latest(); }
};

TEST_F(TellTest, StandsBehindWhatWaitsAndBeforeWhatComes) {
  Stream stream(hub_, settings({"a"}));
  publish({"a"}, "1");
  spread();
  EXPECT_TRUE(hub_.tell(*stream.subscription, kWord));
  publish({"a"}, "2");
  spread();
  EXPECT_EQ(stream.data(), (Texts{"1", "word", "2"}));
}

TEST_F(TellTest, DoesNotStopOneThatCatchesUp) {
  for (int i = 0; i < 200; ++i) publish({"a"}, std::to_string(i));
  Stream stream(hub_, settings({"a"}));
  hub_.begin(*stream.subscription, {Kind::earliest, {}, 0});
  EXPECT_TRUE(hub_.tell(*stream.subscription, kWord)) << "it waits for its turn";
  turn();
  EXPECT_EQ(stream.subscription->pending(), 1U) << "which comes when what is queued was taken";
  Texts all = read(stream);
  EXPECT_TRUE(hub_.tell(*stream.subscription, kWord));
  const Texts rest = read(stream);
  all.insert(all.end(), rest.begin(), rest.end());
  ASSERT_EQ(all.size(), 202U);
  EXPECT_EQ(all.front(), "word");
  EXPECT_EQ(all[200], "199");
  EXPECT_TRUE(stream.subscription->live());
}

TEST_F(TellTest, NeedsRoom) {
  options_.pending_events = 2;
  Stream stream(hub_, settings({"a"}));
  EXPECT_TRUE(hub_.tell(*stream.subscription, kWord));
  publish({"a"}, "1");
  publish({"a"}, "2");
  spread();
  EXPECT_FALSE(hub_.tell(*stream.subscription, kWord));
  stream.subscription->end(EndReason::token);
  EXPECT_FALSE(hub_.tell(*stream.subscription, kWord)) << "it has ended";
  EXPECT_THAT(stream.data(), Contains(R"({"reason":"token"})"));
  EXPECT_EQ(hub_.counters().streams_ended_token.value(), 1U);
}

TEST_F(TellTest, WaitsForTheOpening) {
  publish({"ticks"}, "1");
  Stream stream(hub_, settings({"ticks"}));
  ASSERT_TRUE(hub_.begin(*stream.subscription, {}).snapshots);
  hub_.open(*stream.subscription, "retry: 1\n\n", "data: open\n\n");
  EXPECT_FALSE(hub_.tell(*stream.subscription, kWord));
  EXPECT_THAT(read(stream), ElementsAre("1", "open"));
  EXPECT_TRUE(hub_.tell(*stream.subscription, kWord));
  EXPECT_THAT(read(stream), ElementsAre("word"));
}

}  // namespace
}  // namespace gateway::broker
