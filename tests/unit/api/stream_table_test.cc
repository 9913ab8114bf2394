#include "api/stream_table.h"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "api/stream_body.h"
#include "support/fake_clock.h"
#include "support/fake_exchange.h"

namespace gateway::api {
namespace {

TEST(StreamId, GoesToTextAndBack) {
  base::SeededRandom random(3);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const StreamId id = draw_stream_id(random);
    const std::string text = to_string(id);
    EXPECT_EQ(text.size(), 22u);
    EXPECT_EQ(parse_stream_id(text), id);
    EXPECT_TRUE(seen.insert(text).second) << text;
  }
}

TEST(StreamId, IsBase64url) {
  EXPECT_EQ(to_string({0, 0}), "AAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(to_string({UINT64_MAX, UINT64_MAX}), "_____________________w");
  EXPECT_EQ(to_string({0x0001020304050607, 0x08090a0b0c0d0e0f}), "AAECAwQFBgcICQoLDA0ODw");
}

TEST(StreamId, OtherTextIsNone) {
  for (const char* text :
       {"", "AAECAwQFBgcICQoLDA0OD", "AAECAwQFBgcICQoLDA0ODwA", "AAECAwQFBgcICQoLDA0ODx",
        "AAECAwQFBgcICQoLDA0OD+", "AAECAwQFBgcICQoLDA0OD=", "AAECAwQFBgcICQoLDA0O w"}) {
    EXPECT_EQ(parse_stream_id(text), std::nullopt) << text;
  }
}

TEST(StreamTable, HasAStreamUntilItDies) {
  test::FakeClock clock;
  ClientLimits clients({1, 2}, clock);
  StreamTable table(clients);
  test::FakeExchange exchange("GET", "/events");
  auto stream = std::make_unique<StreamBody>(exchange, base::MonoTime{});
  table.add(*stream, {1, 2});
  EXPECT_EQ(stream->id(), (StreamId{1, 2}));
  EXPECT_EQ(table.find({1, 2}), stream.get());
  EXPECT_EQ(table.find({2, 2}), nullptr) << "of the same chain";
  stream.reset();
  EXPECT_EQ(table.find({1, 2}), nullptr);
  EXPECT_EQ(table.size(), 0u);
}

TEST(StreamTable, KnowsWhatAMapKnows) {
  test::FakeClock clock;
  ClientLimits clients({1, 2}, clock);
  StreamTable table(clients);
  test::FakeExchange exchange("GET", "/events");
  std::map<std::uint64_t, std::unique_ptr<StreamBody>> model;
  std::mt19937_64 random(5);
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t number = random() % 2000;
    const StreamId id{number, number % 16};  // long chains
    const auto found = model.find(number);
    EXPECT_EQ(table.find(id), found == model.end() ? nullptr : found->second.get());
    if (found != model.end()) {
      model.erase(found);
    } else {
      table.add(*model.emplace(number, std::make_unique<StreamBody>(exchange, base::MonoTime{}))
                     .first->second,
                id);
    }
    ASSERT_EQ(table.size(), model.size());
  }
  std::set<std::uint64_t> seen;
  table.each([&](StreamBody& stream) { EXPECT_TRUE(seen.insert(stream.id().high).second); });
  EXPECT_EQ(seen.size(), model.size());
}

TEST(StreamTable, AStreamCostsLittle) {
  test::FakeClock clock;
  ClientLimits clients({1, 2}, clock);
  StreamTable table(clients);
  test::FakeExchange exchange("GET", "/events");
  base::SeededRandom random(1);
  std::vector<std::unique_ptr<StreamBody>> streams;
  std::size_t most = 0;
  for (int i = 0; i < 100'000; ++i) {
    streams.push_back(std::make_unique<StreamBody>(exchange, base::MonoTime{}));
    table.add(*streams.back(), draw_stream_id(random));
    if (table.size() > 1000) most = std::max(most, table.bytes() / table.size());
  }
  EXPECT_LE(most + 2 * sizeof(void*) + sizeof(StreamId) + sizeof(base::MonoTime), 56u);
}

}  // namespace
}  // namespace gateway::api
