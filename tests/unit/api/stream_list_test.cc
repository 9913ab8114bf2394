#include "api/stream_list.h"

#include <algorithm>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/stream_admin.h"
#include "api/stream_body.h"
#include "unit/api/api_world.h"

namespace gateway::api {
namespace {

using std::chrono::seconds;
using test::ApiWorld;
using test::FakeExchange;
using Sort = StreamSelection::Sort;

broker::Options small_queue() {
  broker::Options options;
  options.pending_events = 4;
  return options;
}

class StreamListTest : public testing::Test {
 protected:
  /// A stream whose reader has taken nothing but its opening.
  FakeExchange& open(const std::vector<std::string>& boards, std::uint64_t number) {
    exchanges.push_back(std::make_unique<FakeExchange>("GET", "/events"));
    auto body = std::make_unique<StreamBody>(*exchanges.back(), world.clock.now());
    auto subscription = world.hub.subscribe(
        {*broker::Filter::compile(boards, {}), broker::Format::plain, 0}, *body);
    world.table.add(*body, {0, number});
    world.hub.open(*subscription, "open", "ing");
    body->open(std::move(subscription));
    exchanges.back()->respond_stream({}, std::move(body));
    exchanges.back()->pull_all();
    return *exchanges.back();
  }
  void publish(const std::string& board, int count) {
    for (int i = 0; i < count; ++i) world.publish({board}, "x");
    while (world.hub.spread(64)) {
    }
  }
  StreamRow row(std::uint64_t number) {
    const StreamList all = list_streams(world.context(), {});
    for (const StreamRow& each : all.rows) {
      if (each.rank.id == StreamId{0, number}) return each;
    }
    ADD_FAILURE() << number;
    return {};
  }
  std::vector<std::uint64_t> order(const StreamSelection& selection) {
    StreamList list = list_streams(world.context(), selection);
    std::sort(list.rows.begin(), list.rows.end(),
              [](const StreamRow& a, const StreamRow& b) { return a.rank > b.rank; });
    std::vector<std::uint64_t> numbers;
    for (const StreamRow& each : list.rows) numbers.push_back(each.rank.id.low);
    return numbers;
  }

  ApiWorld world{small_queue()};
  std::vector<std::unique_ptr<FakeExchange>> exchanges;
};

TEST_F(StreamListTest, ALiveStreamLagsByWhatWaitsInItsQueue) {
  open({"a"}, 1);
  EXPECT_EQ(row(1).lag.events, 0u);
  EXPECT_EQ(row(1).lag.bytes, 0u);
  publish("a", 3);
  const std::size_t block = std::string("id: 7f3a91c2-000000000001\ndata: x\n\n").size();
  EXPECT_EQ(row(1).lag.events, 3u);
  EXPECT_EQ(row(1).lag.bytes, 3 * block);
  EXPECT_EQ(row(1).state, StreamState::live);
  exchanges[0]->pull_all();
  EXPECT_EQ(row(1).lag.events, 0u);
}

TEST_F(StreamListTest, OneThatCatchesUpLagsByWhatIsBehindItsPositionToo) {
  open({"a"}, 1);
  publish("a", 4);
  publish("a", 1);  // fills it over
  publish("b", 10);
  EXPECT_EQ(row(1).state, StreamState::catching_up);
  EXPECT_EQ(row(1).lag.events, 4u + 11u);
  EXPECT_EQ(row(1).lag.bytes, std::nullopt);
}

TEST_F(StreamListTest, WhatIsNotHeldAnyMoreIsNoLag) {
  open({"a"}, 1);
  publish("a", 2005);
  EXPECT_EQ(row(1).lag.events, 4u + 1000u);
}

TEST_F(StreamListTest, StatesFollowEachOther) {
  open({"a"}, 1);
  world.clock.advance(seconds(9));
  EXPECT_EQ(row(1).state, StreamState::live) << "nothing waits";
  EXPECT_EQ(row(1).blocked, seconds(0));
  EXPECT_EQ(row(1).age, seconds(9));
  publish("a", 1);
  world.clock.advance(seconds(4));
  EXPECT_EQ(row(1).state, StreamState::live);
  EXPECT_EQ(row(1).blocked, seconds(4));
  world.clock.advance(seconds(1));
  EXPECT_EQ(row(1).state, StreamState::stalled);
  EXPECT_TRUE(end_stream(world.context(), {{0, 1}, {}, {}}));
  EXPECT_EQ(row(1).state, StreamState::ending);
  EXPECT_FALSE(end_stream(world.context(), {{0, 2}, {}, {}}));
}

TEST_F(StreamListTest, TheFirstInEachOrder) {
  open({"a", "b"}, 1);
  world.clock.advance(seconds(1));
  open({"a"}, 2);
  open({"a", "b", "c"}, 3);
  publish("a", 1);
  exchanges[0]->pull_all();
  publish("b", 1);
  publish("c", 1);
  EXPECT_EQ(order({Sort::lag, 50}), (std::vector<std::uint64_t>{3, 2, 1}));
  EXPECT_EQ(order({Sort::age, 50}), (std::vector<std::uint64_t>{1, 3, 2}));
  EXPECT_EQ(order({Sort::boards, 50}), (std::vector<std::uint64_t>{3, 1, 2}));
  EXPECT_EQ(order({Sort::lag, 2}), (std::vector<std::uint64_t>{3, 2}));
  EXPECT_EQ(order({Sort::age, 1}), (std::vector<std::uint64_t>{1}));
}

TEST_F(StreamListTest, TheFirstOfManyAreTheSameAsIfAllWereSorted) {
  for (std::uint64_t i = 0; i < 200; ++i) {
    const std::string board(1, static_cast<char>('a' + i * 7 % 26));
    open({board}, i);
    if (i % 3 == 0) publish(board, 1);
  }
  for (const Sort sort : {Sort::lag, Sort::age, Sort::boards}) {
    const std::vector<std::uint64_t> all = order({sort, 1000});
    ASSERT_EQ(all.size(), 200u);
    for (const std::size_t limit : {1u, 2u, 17u, 199u, 200u}) {
      EXPECT_EQ(order({sort, limit}),
                std::vector(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(limit)));
    }
  }
}

TEST_F(StreamListTest, ManyBoardsAreCutAndCounted) {
  std::vector<std::string> names;
  for (int i = 0; i < 70; ++i) names.push_back("board-" + std::to_string(i));
  open(names, 1);
  EXPECT_EQ(row(1).boards.size(), 64u);
  EXPECT_EQ(row(1).more_boards, 6u);
  EXPECT_THAT(streams_json({list_streams(world.context(), {})}, {}),
              testing::HasSubstr(R"("board-63"],"more":6,"format")"));
}

TEST_F(StreamListTest, IsWrittenWholeAndInOrderOverAllWorkers) {
  EXPECT_EQ(streams_json({}, {}), R"({"streams":[],"total":0,"truncated":false})");
  StreamRow low{.rank = {1, 0, {0, 1}},
                .peer = "127.0.0.1:1",
                .connection = "c1",
                .protocol = http::Protocol::http1,
                .boards = {"a", "q\"*"},
                .lag = {1, 30},
                .position = {1, 2},
                .age = seconds(7)};
  StreamRow high{.rank = {9, 0, {0, 2}},
                 .peer = "[::1]:2",
                 .connection = "c2",
                 .boards = {},
                 .format = broker::Format::json,
                 .state = StreamState::stalled,
                 .lag = {9, std::nullopt},
                 .position = {},
                 .blocked = seconds(8)};
  const std::string first =
      R"({"id":"AAAAAAAAAAAAAAAAAAAAAg","peer":"[::1]:2","protocol":"h2","connection":"c2",)"
      R"("boards":[],"format":"json","state":"stalled","lag":{"events":9},)"
      R"("position":"00000000-000000000000","age":0,"blocked":8})";
  const std::string second =
      R"({"id":"AAAAAAAAAAAAAAAAAAAAAQ","peer":"127.0.0.1:1","protocol":"http/1.1",)"
      R"("connection":"c1","boards":["a","q\"*"],"format":"plain","state":"live",)"
      R"("lag":{"events":1,"bytes":30},"position":"00000001-000000000002","age":7,"blocked":0})";
  EXPECT_EQ(streams_json({{{low}, 1}, {{high}, 1}}, {}),
            "{\"streams\":[" + first + "," + second + "],\"total\":2,\"truncated\":false}");
  EXPECT_EQ(streams_json({{{low}, 1}, {{high}, 1}}, {Sort::lag, 1}),
            "{\"streams\":[" + first + "],\"total\":2,\"truncated\":true}");
}

}  // namespace
}  // namespace gateway::api
