// Streams whose boards change while they run.
#include <gmock/gmock.h>

#include "unit/broker/hub_fixture.h"

namespace gateway::broker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Start::Kind;

class ChangeTest : public HubTest {
 protected:
  using Answer = base::Result<EventId, Hub::ChangeError>;

  Answer change(Stream& stream, const std::vector<std::string>& names) {
    return hub_.change(*stream.subscription,
                       {*stream.subscription->filter().with_names(names), std::nullopt, {}});
  }
  Answer change(Stream& stream, const std::vector<std::string>& names,
                const std::vector<std::string>& added, EventId after) {
    const Filter& filter = stream.subscription->filter();
    return hub_.change(*stream.subscription,
                       {*filter.with_names(names), *filter.with_names(added), after});
  }
  static std::string barrier(const std::string& boards, int position) {
    return "{\"boards\":" + boards + ",\"position\":\"00000007-00000000000" +
           std::to_string(position) + "\"}";
  }
};

TEST_F(ChangeTest, WhatComesBeforeTheBarrierIsOfTheOldSetAndBehindItOfTheNew) {
  Stream stream(hub_, settings({"a"}));
  publish({"a"}, "a1");
  publish({"b"}, "b2");
  const Answer position = change(stream, {"b"});
  ASSERT_TRUE(position);
  EXPECT_EQ(*position, (EventId{7, 0})) << "a1 waits in the outbox: nothing was spread";
  publish({"a"}, "a3");
  publish({"b"}, "b4");
  EXPECT_EQ(read(stream), (Texts{barrier(R"(["b"])", 0), "b2", "b4"}));
  EXPECT_TRUE(stream.subscription->live());
}

TEST_F(ChangeTest, WhatWasSpreadStaysInFrontOfTheBarrier) {
  Stream stream(hub_, settings({"a"}));
  Stream other(hub_, settings({"b"}));
  publish({"a"}, "a1");
  publish({"b"}, "b2");
  spread();
  EXPECT_EQ(*change(stream, {"a", "b"}), (EventId{7, 2}));
  publish({"b"}, "b3");
  publish({"a", "b"}, "ab4");
  EXPECT_EQ(read(stream), (Texts{"a1", barrier(R"(["a","b"])", 2), "b3", "ab4"}));
  EXPECT_EQ(stream.parser.last_event_id(), "00000007-000000000004");
  EXPECT_EQ(read(other), (Texts{"b2", "b3", "ab4"}));
}

TEST_F(ChangeTest, InterestInWhatNobodyReadsAnyLongerEnds) {
  Stream stream(hub_, settings({"a", "p*", "stays"}));
  Stream other(hub_, settings({"p*"}));
  EXPECT_EQ(log_.interests(), 3U);
  ASSERT_TRUE(change(stream, {"stays", "b"}));
  EXPECT_EQ(log_.interests(), 3U);
  EXPECT_THAT(hub_.streams_by_board(),
              ElementsAre(std::pair<const std::string, std::uint64_t>("b", 1),
                          std::pair<const std::string, std::uint64_t>("p*", 1),
                          std::pair<const std::string, std::uint64_t>("stays", 1)));
  stream.subscription.reset();
  other.subscription.reset();
  EXPECT_EQ(log_.interests(), 0U);
}

TEST_F(ChangeTest, AnAddedBoardIsGivenItsPastBetweenTwoBarriers) {
  publish({"b"}, "b1");
  publish({"b"}, "b2");
  publish({"c"}, "c3");
  Stream stream(hub_, settings({"a"}));
  publish({"a"}, "a4");
  spread();
  ASSERT_TRUE(change(stream, {"a", "b"}, {"b"}, {7, 1}));
  publish({"b"}, "b5");
  EXPECT_EQ(stream.pull(), "id: 00000007-000000000004\ndata: a4\n\n");
  EXPECT_THAT(stream.pull(), HasSubstr("id: 00000007-000000000001\nevent: boardcast.boards\n"));
  EXPECT_EQ(stream.subscription->position(), (EventId{7, 4}));
  EXPECT_EQ(read(stream), (Texts{"b2", barrier(R"(["a","b"])", 4), "b5"}));
}

TEST_F(ChangeTest, WhatIsNoLongerHeldOfThePastIsTold) {
  HistoryOptions history;
  history.board.events = 1;
  Log log(7, clock_, history);
  Hub hub(log, no_wake_, options_, clock_, random_);
  for (const char* data : {"b1", "b2"}) log.append({draft({"b"}, data)});
  Stream stream(hub, settings({"a"}));
  for (const EventId after : {EventId{7, 0}, EventId{6, 9}}) {
    const Filter& filter = stream.subscription->filter();
    ASSERT_TRUE(hub.change(*stream.subscription,
                           {*filter.with_names({"a", "b"}), *filter.with_names({"b"}), after}));
    hub.replay(8);
    Texts all = stream.data();
    hub.replay(8);
    for (const std::string& data : stream.data()) all.push_back(data);
    const std::string reason = after.epoch == 7 ? "trimmed" : "epoch";
    EXPECT_THAT(
        all, ElementsAre(HasSubstr("boards"), HasSubstr(R"({"boards":["b"],"reason":")" + reason),
                         "b2", HasSubstr("\"position\"")));
  }
}

TEST_F(ChangeTest, OfAnotherLogAllThatIsAddedMayBeMissing) {
  publish({"b"}, "b1");
  Stream stream(hub_, settings({"a"}));
  ASSERT_TRUE(change(stream, {"a", "b", "c*"}, {"b", "c*"}, {6, 9}));
  EXPECT_EQ(read(stream),
            (Texts{barrier(R"(["a","b","c*"])", 1),
                   R"({"boards":["b","c*"],"reason":"epoch","after":"00000006-000000000009",)"
                   R"("upto":"00000007-000000000000"})",
                   "b1", barrier(R"(["a","b","c*"])", 1)}));
}

TEST_F(ChangeTest, RefusesWhatCannotBeAndChangesNothing) {
  options_.pending_events = 1;
  Stream stream(hub_, settings({"a"}));
  EXPECT_EQ(change(stream, {"b"}, {"b"}, {7, 1}).error(), Hub::ChangeError::too_late);
  publish({"a"}, "1");
  spread();
  EXPECT_EQ(change(stream, {"b"}).error(), Hub::ChangeError::behind);
  EXPECT_THAT(stream.data(), ElementsAre("1"));
  publish({"b"}, "2");
  publish({"b"}, "3");
  spread();
  ASSERT_TRUE(change(stream, {"a", "b"}, {"b"}, {7, 0}));
  stream.pull();
  EXPECT_EQ(change(stream, {"a", "b", "c"}, {"c"}, {7, 0}).error(), Hub::ChangeError::busy);
  EXPECT_EQ(change(stream, {"a"}).error(), Hub::ChangeError::busy)
      << "its barrier would lie within";
  EXPECT_EQ(read(stream).size(), 3U);
  stream.subscription->end(EndReason::drain);
  EXPECT_EQ(change(stream, {"a"}).error(), Hub::ChangeError::ended);
  EXPECT_THAT(stream.subscription->filter().names(), ElementsAre("a", "b"));
}

TEST_F(ChangeTest, AStreamThatCatchesUpGoesOnWithTheNewSet) {
  options_.pending_events = 2;
  for (const char* data : {"a1", "a2", "a3", "a4"}) publish({"a"}, data);
  publish({"b"}, "b5");
  Stream stream(hub_, settings({"a"}));
  hub_.begin(*stream.subscription, {Kind::after, {7, 0}, 0});
  hub_.replay(1);
  EXPECT_EQ(stream.pull(), "id: 00000007-000000000001\ndata: a1\n\n");
  EXPECT_EQ(*change(stream, {"b"}), (EventId{7, 2}));
  EXPECT_EQ(read(stream), (Texts{"a2", barrier(R"(["b"])", 2), "b5"}));
}

TEST_F(ChangeTest, TypesStayThoseOfTheStream) {
  Stream stream(hub_, settings({"a"}, Format::plain, {"x"}));
  ASSERT_TRUE(change(stream, {"b"}));
  publish({"b"}, "no", "y");
  publish({"b"}, "yes", "x");
  EXPECT_EQ(read(stream), (Texts{barrier(R"(["b"])", 0), "yes"}));
}

}  // namespace
}  // namespace gateway::broker
