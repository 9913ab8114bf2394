#include "api/board_metrics.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/admin.h"
#include "support/count_boards.h"
#include "unit/api/api_world.h"

namespace gateway::api {
namespace {

using test::ApiWorld;
using test::count_boards;
using test::FakeExchange;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kNoBoards =
    "# HELP boardcast_board_streams Streams on a board or pattern, of those that most streams "
    "read.\n"
    "# TYPE boardcast_board_streams gauge\n"
    "# HELP boardcast_board_events_total Events published to one of these boards since the "
    "history holds some of it.\n"
    "# TYPE boardcast_board_events_total counter\n";

TEST(BoardMetrics, WriteAnyNameAsALabel) {
  EXPECT_EQ(board_metrics_text({}), kNoBoards);
  const std::string text =
      board_metrics_text({{"plain", 3, 7}, {R"(a"b\c{}=é,*)", 2, 1}, {"a\nb", 1, 0}});
  EXPECT_NE(text.find("\nboardcast_board_streams{board=\"plain\"} 3\n"
                      "boardcast_board_streams{board=\"a\\\"b\\\\c{}=é,*\"} 2\n"
                      "boardcast_board_streams{board=\"a\\nb\"} 1\n#"),
            std::string::npos)
      << text;
  EXPECT_TRUE(
      text.ends_with("\nboardcast_board_events_total{board=\"plain\"} 7\n"
                     "boardcast_board_events_total{board=\"a\\\"b\\\\c{}=é,*\"} 1\n"))
      << text;
}

TEST(BoardMetrics, TheGreatestSumsAreChosen) {
  const std::vector<BoardCounts> told = {{{"a", 5}, {"b", 4}, {"z", 1}}, {{"b", 3}, {"c", 6}}};
  EXPECT_THAT(most_read(told, 2), ElementsAre("b", "c"));
  EXPECT_THAT(most_read(told, 3), ElementsAre("a", "b", "c"));
  EXPECT_THAT(most_read(told, 9), ElementsAre("a", "b", "c", "z"));
  EXPECT_THAT(most_read({{{"b", 1}, {"a", 1}}}, 1), ElementsAre("a"));
  EXPECT_THAT(most_read({}, 5), IsEmpty());
}

class Quiet final : public broker::Subscription::Listener {
 public:
  void blocks_ready() override {}
  void stalled() override {}
};

/// Two workers and their streams.
class BoardMetricsTest : public testing::Test {
 protected:
  void read(std::size_t worker, const std::vector<std::string>& boards) {
    auto filter = broker::Filter::compile(boards, {});
    streams.push_back(hub(worker).subscribe({*std::move(filter), broker::Format::plain, 0}, quiet));
  }
  broker::Hub& hub(std::size_t worker) { return worker == 0 ? world.hub : other; }
  /// Lets both workers answer the last question.
  void answer() {
    const auto [question, done] = world.fleet.boards_asked.back();
    done({count_boards(world.hub, question), count_boards(other, question)});
  }

  ApiWorld world;
  broker::Hub other{world.log, world.loop, world.stream_options, world.clock, world.random};
  Quiet quiet;
  std::vector<std::unique_ptr<broker::Subscription>> streams;
  Admin admin{world.context(), [](http::Exchange& exchange, http::Response response) {
                exchange.respond(std::move(response));
              }};
};

TEST_F(BoardMetricsTest, NobodyIsAskedUnlessConfigured) {
  read(0, {"a"});
  FakeExchange exchange("GET", "/metrics");
  admin.metrics(exchange);
  EXPECT_EQ(exchange.response().body.find("board="), std::string::npos);
  EXPECT_THAT(world.fleet.boards_asked, IsEmpty());
}

TEST_F(BoardMetricsTest, OfTheMostReadBoardsAllStreamsAndEventsAreTold) {
  base::Gauge cell;
  world.metrics.gauge("boardcast_streams", "Streams open now.", {}, cell);
  world.options.metrics_per_board = 2;
  for (int n = 0; n < 3; ++n) read(0, {"hot"});
  read(1, {"hot", "cold"});
  for (int n = 0; n < 2; ++n) read(1, {"team-*"});
  world.publish({"hot"}, "1");
  world.publish({"hot", "cold"}, "2");
  FakeExchange exchange("GET", "/metrics");
  admin.metrics(exchange);
  EXPECT_FALSE(exchange.answered());
  answer();
  EXPECT_FALSE(exchange.answered());
  EXPECT_THAT(*world.fleet.boards_asked.back().first.names, ElementsAre("hot", "team-*"));
  answer();
  EXPECT_EQ(exchange.field("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const std::string& text = exchange.response().body;
  EXPECT_NE(text.find("\nboardcast_streams 0\n#"), std::string::npos) << text;
  EXPECT_NE(text.find("gauge\nboardcast_board_streams{board=\"hot\"} 4\n"
                      "boardcast_board_streams{board=\"team-*\"} 2\n#"),
            std::string::npos)
      << text;
  EXPECT_TRUE(text.ends_with("counter\nboardcast_board_events_total{board=\"hot\"} 2\n")) << text;
}

TEST_F(BoardMetricsTest, WhoeverLeavesBetweenTheQuestionsIsNotTold) {
  world.options.metrics_per_board = 2;
  read(0, {"a"});
  {
    FakeExchange gone("GET", "/metrics");
    admin.metrics(gone);
    answer();
  }
  answer();
  FakeExchange exchange("GET", "/metrics");
  admin.metrics(exchange);
  answer();
  streams.clear();
  answer();
  EXPECT_TRUE(exchange.response().body.ends_with(kNoBoards));
}

TEST_F(BoardMetricsTest, MadeUpBoardsPushNobodyOut) {
  constexpr std::size_t kMost = 10;
  for (std::size_t n = 0; n < 2000; ++n) read(n % 2, {"!" + std::to_string(n)});
  for (int n = 0; n < 2; ++n) read(0, {"real-1", "real-2"});
  const BoardQuestion question{kMost, nullptr};
  std::vector<BoardCounts> told = {count_boards(world.hub, question),
                                   count_boards(other, question)};
  for (const BoardCounts& counts : told) EXPECT_EQ(counts.size(), kMost);
  const std::vector<std::string> chosen = most_read(told, kMost);
  EXPECT_EQ(chosen.size(), kMost);
  EXPECT_EQ(chosen[8], "real-1");
  EXPECT_EQ(chosen[9], "real-2");
}

TEST_F(BoardMetricsTest, EachWorkersFirstOnesAreThoseOfASortedList) {
  for (int round = 0; round < 200; ++round) {
    streams.clear();
    for (std::size_t n = world.random.below(60); n > 0; --n) {
      std::string name(1 + world.random.below(2), 'a');
      for (char& c : name) c = static_cast<char>('a' + world.random.below(4));
      read(0, {world.random.below(3) == 0 ? name + '*' : name});
    }
    BoardCounts sorted;
    for (const auto& [name, count] : world.hub.streams_by_board()) sorted.emplace_back(name, count);
    for (const auto& [name, count] : sorted) EXPECT_EQ(world.hub.streams_on(name), count) << name;
    EXPECT_EQ(world.hub.streams_on("aaa"), 0U);
    EXPECT_EQ(world.hub.streams_on("aaa*"), 0U);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    const std::size_t most = world.random.below(12);
    sorted.resize(std::min(most, sorted.size()));
    EXPECT_EQ(count_boards(world.hub, {most, nullptr}), sorted);
  }
}

}  // namespace
}  // namespace gateway::api
