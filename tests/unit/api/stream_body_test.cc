#include "api/stream_body.h"

#include <algorithm>
#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/sse_parser.h"
#include "unit/api/api_world.h"

namespace gateway::api {
namespace {

using test::ApiWorld;
using test::FakeExchange;
using test::SseEvent;
using testing::HasSubstr;

constexpr std::string_view kOpening = "retry: 1\nid: x\nevent: boardcast.open\ndata: {}\n\n";

constexpr std::string_view kBefore = "retry: 1\n";

/// A stream of this world's hub on an exchange of its own.
std::unique_ptr<FakeExchange> open_stream(ApiWorld& world, const std::vector<std::string>& boards,
                                          std::uint64_t limit = 0) {
  auto exchange = std::make_unique<FakeExchange>("GET", "/events");
  auto body = std::make_unique<StreamBody>(*exchange, world.clock.now());
  base::Result<broker::Filter> filter = broker::Filter::compile(boards, {});
  auto subscription =
      world.hub.subscribe({*std::move(filter), broker::Format::plain, limit}, *body);
  world.hub.open(*subscription, std::string(kBefore), std::string(kOpening.substr(kBefore.size())));
  body->open(std::move(subscription));
  exchange->respond_stream({}, std::move(body));
  return exchange;
}

TEST(StreamBody, GathersWholeBlocksAndPartsOnlyOfTheFirst) {
  ApiWorld world;
  const auto stream = open_stream(world, {"a"});
  for (const char* data : {"1", "2", "a longer third"}) world.publish({"a"}, data);
  world.spread();
  const std::string first = "id: 7f3a91c2-000000000001\ndata: 1\n\n";
  const std::string second = "id: 7f3a91c2-000000000002\ndata: 2\n\n";
  const std::string third = "id: 7f3a91c2-000000000003\ndata: a longer third\n\n";

  EXPECT_EQ(stream->pull(10), kOpening.substr(0, 10));
  EXPECT_EQ(stream->pull(kOpening.size() - 10 + first.size() + second.size() - 1),
            std::string(kOpening.substr(10)) + first);
  EXPECT_EQ(stream->pull(second.size() + third.size() - 1), second);
  EXPECT_EQ(stream->pull(third.size() - 1), third.substr(0, third.size() - 1));
  EXPECT_EQ(stream->pull(1), "\n");
  EXPECT_EQ(stream->pull(100), "");
  EXPECT_TRUE(stream->open());
}

TEST(StreamBody, AskingAgainBeforeCopyingAsksAnew) {
  ApiWorld world;
  FakeExchange exchange("GET", "/events");
  StreamBody body(exchange, world.clock.now());
  auto subscription = world.hub.subscribe({*broker::Filter::compile({"a"}, {})}, body);
  world.hub.open(*subscription, "12", "345");
  subscription->end(broker::EndReason::limit);
  body.open(std::move(subscription));
  EXPECT_EQ(body.ready(2).bytes, 2u);
  EXPECT_EQ(body.ready(5).bytes, 5u);
  const std::size_t all = body.ready(1000).bytes;
  EXPECT_GT(all, 5u);
  EXPECT_EQ(body.ready(all - 1).bytes, 5u);
  EXPECT_EQ(body.ready(all - 1).next, http::BodySource::Next::more);
  EXPECT_EQ(body.ready(all).next, http::BodySource::Next::end);
  EXPECT_EQ(body.ready(0).bytes, 0u);
  EXPECT_EQ(body.ready(0).next, http::BodySource::Next::more);
}

TEST(StreamBody, TinyPullsGiveTheSameBytes) {
  ApiWorld world;
  std::vector<std::unique_ptr<FakeExchange>> streams;
  const std::vector<std::size_t> sizes = {1, 2, 7, 40, 64, 1000, 16 * 1024};
  std::vector<std::string> texts(sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) streams.push_back(open_stream(world, {"a"}, 60));
  std::mt19937_64 random(11);
  for (int event = 0; event < 60; ++event) {
    world.publish({"a"}, std::string(random() % 300, 'x'), event % 3 == 0 ? "tick" : "");
    world.spread();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      if (random() % 3 == 0) texts[i] += streams[i]->pull(sizes[i]);
    }
  }
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    texts[i] += streams[i]->pull_all(sizes[i]);
    EXPECT_FALSE(streams[i]->open()) << "the end comes with the last byte, whatever the size";
    // Each stream draws its own delay for the end.
    const std::size_t end = texts[i].rfind("retry: ");
    EXPECT_THAT(texts[i].substr(end), HasSubstr("boardcast.end"));
    EXPECT_EQ(texts[i].substr(0, end), texts[0].substr(0, texts[0].rfind("retry: "))) << sizes[i];
  }
}

TEST(StreamBody, WakesItsExchangeWhenThereIsSomethingNew) {
  ApiWorld world;
  const auto stream = open_stream(world, {"a"});
  stream->pull_all();
  EXPECT_EQ(stream->wakes(), 1u) << "the opening";
  world.publish({"b"}, "x");
  world.spread();
  EXPECT_EQ(stream->wakes(), 1u);
  world.publish({"a"}, "x");
  world.publish({"a"}, "x");
  world.spread();
  EXPECT_EQ(stream->wakes(), 2u);
  stream->pull_all();
  world.publish({"a"}, "x");
  world.spread();
  EXPECT_EQ(stream->wakes(), 3u);
}

TEST(StreamBody, AStreamWhoseQueueIsFullEndsAsSlow) {
  broker::Options small;
  small.pending_events = 3;
  small.slow = broker::Slow::close;
  ApiWorld world(small);
  const auto stream = open_stream(world, {"a"});
  for (int i = 0; i < 5; ++i) world.publish({"a"}, std::to_string(i));
  world.spread();
  const std::string text = stream->pull_all(10);
  EXPECT_THAT(text, HasSubstr("data: 2\n\nretry: "));
  EXPECT_THAT(text, testing::EndsWith("event: boardcast.end\ndata: {\"reason\":\"slow\"}\n\n"));
  EXPECT_FALSE(stream->open());
  EXPECT_EQ(world.hub.counters().streams_ended_slow.value(), 1u);
  EXPECT_EQ(world.streams(), 0);
}

TEST(StreamBody, AStalledStreamIsCut) {
  ApiWorld world;
  const auto stalled = open_stream(world, {"a"});
  const auto reading = open_stream(world, {"a"});
  stalled->pull_all();
  reading->pull_all();
  world.publish({"a"}, "x");
  world.spread();
  reading->pull_all();
  for (int second = 0; second < 65; ++second) {
    for (int beat = 0; beat < 4; ++beat) {
      world.clock.advance(world.hub.heartbeat_tick());
      world.hub.beat(SIZE_MAX);
    }
    reading->pull_all();
  }
  EXPECT_TRUE(stalled->aborted());
  EXPECT_FALSE(reading->aborted());
}

/// A browser on one stream: what it should have heard and what it heard.
struct Reader {
  std::unique_ptr<FakeExchange> exchange;
  std::vector<std::string> boards;
  std::vector<SseEvent> expected;
  std::vector<SseEvent> heard;
  test::SseParser parser;

  bool wants(const std::string& board) const {
    for (const std::string& name : boards) {
      const bool pattern = name.back() == '*';
      if (pattern ? board.starts_with(name.substr(0, name.size() - 1)) : board == name) return true;
    }
    return false;
  }
  /// True when there was nothing.
  bool pull(std::size_t max) {
    const std::string bytes = exchange->pull(max);
    for (SseEvent& event : parser.feed(bytes)) {
      if (!event.type.starts_with("boardcast.")) heard.push_back(std::move(event));
    }
    return bytes.empty();
  }
  /// What was heard so far is the beginning of what should be heard.
  void check() const {
    ASSERT_LE(heard.size(), expected.size());
    for (std::size_t i = 0; i < heard.size(); ++i) ASSERT_EQ(heard[i], expected[i]) << i;
  }
};

/// Publishes, pulls, opens and drops at random and compares with what a browser would dispatch.
class StreamWorld {
 public:
  explicit StreamWorld(std::uint64_t seed) : random_(seed) {}

  void step() {
    switch (pick(8)) {
      case 0:
        if (readers_.size() < 12) open();
        break;
      case 1:
        if (!readers_.empty() && pick(4) == 0) drop(pick(readers_.size()));
        break;
      case 2:
      case 3:
        publish();
        break;
      case 4:
        world_.hub.spread(1 + pick(5));
        break;
      default:
        if (!readers_.empty()) readers_[pick(readers_.size())]->pull(pick(200));
    }
  }

  void finish() {
    world_.spread();
    for (auto& reader : readers_) {
      for (std::size_t max = 1 + pick(100); !reader->pull(max);) {
      }
      reader->check();
      EXPECT_EQ(reader->heard.size(), reader->expected.size());
      EXPECT_FALSE(reader->parser.incomplete());
    }
    count();
    while (!readers_.empty()) drop(readers_.size() - 1);
  }

 private:
  std::size_t pick(std::size_t bound) { return random_() % bound; }
  std::string board() { return std::string(1, "abc"[pick(3)]) + "xy"[pick(2)]; }

  void open() {
    auto reader = std::make_unique<Reader>();
    reader->boards = {board(), board()};
    if (pick(3) == 0) reader->boards.push_back(board().substr(0, pick(2)) + "*");
    reader->exchange = open_stream(world_, reader->boards);
    readers_.push_back(std::move(reader));
    count();
  }
  void drop(std::size_t which) {
    readers_[which]->check();
    readers_.erase(readers_.begin() + static_cast<std::ptrdiff_t>(which));
    count();
  }
  void publish() {
    static constexpr std::string_view kPieces[] = {"a", "\r", "\n", "\r\n", ": ", "é", "data", " "};
    std::string data;
    std::string read;  // what EventSource makes of the line breaks
    for (std::size_t i = pick(12); i > 0; --i) data += kPieces[pick(std::size(kPieces))];
    for (std::size_t i = 0; i < data.size(); ++i) {
      if (data[i] == '\r' && i + 1 < data.size() && data[i + 1] == '\n') continue;
      read += data[i] == '\r' ? '\n' : data[i];
    }
    const std::string type = pick(2) == 0 ? "" : "tick";
    std::vector<std::string> boards = {board()};
    if (std::string other = board(); pick(2) == 0 && other != boards[0]) boards.push_back(other);
    const std::string id = broker::to_string(world_.publish(boards, data, type));
    for (auto& reader : readers_) {
      const bool wanted = std::any_of(boards.begin(), boards.end(),
                                      [&](const auto& name) { return reader->wants(name); });
      if (wanted) reader->expected.push_back({type.empty() ? "message" : type, read, id});
    }
  }
  void count() {
    EXPECT_EQ(world_.streams(), static_cast<std::int64_t>(readers_.size()));
    std::map<std::string, std::uint64_t> boards;
    for (const auto& reader : readers_) {
      for (const std::string& name : distinct(reader->boards)) ++boards[name];
    }
    EXPECT_EQ(world_.hub.streams_by_board(), boards);
  }
  static std::vector<std::string> distinct(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }
  static broker::Options deep_queue() {
    broker::Options options;
    options.pending_events = 100'000;  // nobody here is slow
    return options;
  }

  std::mt19937_64 random_;
  ApiWorld world_{deep_queue()};
  std::vector<std::unique_ptr<Reader>> readers_;
};

TEST(StreamBody, ABrowserHearsEachEventOnceInOrder) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    StreamWorld world(seed);
    for (int i = 0; i < 1500; ++i) world.step();
    world.finish();
    if (testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace gateway::api
