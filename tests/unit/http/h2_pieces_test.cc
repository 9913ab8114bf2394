// The same conversation in any pieces of input and any room for output has the same results.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "support/h2_connection.h"

namespace gateway::test {
namespace {

struct Outcome {
  std::vector<std::string> bodies;
  std::vector<int> statuses;
  std::vector<std::string> uploads;
  std::uint64_t requests = 0;
  bool operator==(const Outcome&) const = default;
};

/// A conversation that the seed decides; how it is cut into pieces does not.
Outcome converse(std::uint64_t seed, base::Random* pieces) {
  base::SeededRandom random(seed);
  std::vector<std::unique_ptr<Feed>> feeds;  // outlive the session and its sources
  H2Connection connection({.chromium_priorities = random.below(2) == 1});
  connection.chunks = pieces;
  if (pieces != nullptr) connection.room = 1024 + pieces->below(2000);
  connection.handler.on_handle = [&](http::Exchange& exchange) {
    if (exchange.request().method == "POST") {
      exchange.respond({200, {}, exchange.request().body});
      return;
    }
    feeds.push_back(std::make_unique<Feed>());
    feeds.back()->bytes = exchange.request().path;
    stream_from (*feeds.back())(exchange);
  };
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 30; ++i) {
    if (random.below(4) > 0) {
      ids.push_back(connection.client.get("/s" + std::to_string(i)));
    } else {
      ids.push_back(connection.client.request(
          {{":method", "POST"}, {":scheme", "https"}, {":authority", "localhost"}, {":path", "/p"}},
          random.token(random.below(100'000))));
    }
  }
  EXPECT_TRUE(connection.pump());
  for (int round = 0; round < 20; ++round) {
    for (std::size_t i = 0; i < feeds.size(); ++i) {
      if (random.below(2) == 0) continue;
      feeds[i]->bytes += random.token(random.below(20'000));
      feeds[i]->end = round == 19;
    }
    for (const auto& exchange : connection.handler.exchanges) {
      if (exchange.get() != nullptr) exchange.get()->wake();
    }
    EXPECT_TRUE(connection.pump());
  }
  Outcome outcome;
  for (const auto id : ids) {
    outcome.bodies.push_back(connection.client.answer(id).body);
    outcome.statuses.push_back(connection.client.answer(id).status);
  }
  for (const auto& request : connection.handler.requests) outcome.uploads.push_back(request.body);
  std::sort(outcome.uploads.begin(), outcome.uploads.end());
  outcome.requests = connection.counters.requests_h2.value();
  return outcome;
}

class H2Pieces : public testing::TestWithParam<std::uint64_t> {};

TEST_P(H2Pieces, DoNotMatter) {
  base::SeededRandom pieces(GetParam() * 977);
  const Outcome whole = converse(GetParam(), nullptr);
  EXPECT_EQ(whole.requests, 30U);
  for (const int status : whole.statuses) EXPECT_EQ(status, 200);
  EXPECT_TRUE(converse(GetParam(), &pieces) == whole);
}

INSTANTIATE_TEST_SUITE_P(Seeds, H2Pieces, testing::Range<std::uint64_t>(1, 13));

}  // namespace
}  // namespace gateway::test
