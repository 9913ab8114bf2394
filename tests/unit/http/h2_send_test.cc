// How the frames of many HTTP/2 streams share the connection's output.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/h2_connection.h"
#include "support/h2_frames.h"

namespace gateway::test {
namespace {

/// A connection with many open streams, each with a feed of its own.
struct ManyStreams {
  explicit ManyStreams(std::size_t count, H2ClientOptions options = {}) : connection(options) {
    for (std::size_t i = 0; i < count; ++i) feeds.push_back(std::make_unique<Feed>());
    connection.handler.on_handle = [this](http::Exchange& exchange) {
      stream_from (*feeds[opened++])(exchange);
    };
    EXPECT_TRUE(connection.pump());  // the server's settings
    for (std::size_t i = 0; i < count; ++i) ids.push_back(connection.client.get("/events"));
    EXPECT_TRUE(connection.pump());
    EXPECT_EQ(opened, count);
    connection.sends = 0;
    connection.send_sizes.clear();
  }

  void say(std::size_t stream, std::string_view bytes) {
    feeds[stream]->bytes += bytes;
    connection.handler.exchanges[stream].get()->wake();
  }
  const std::string& heard(std::size_t stream) const {
    return connection.client.answer(ids[stream]).body;
  }
  std::size_t asked() const {
    std::size_t sum = 0;
    for (const auto& feed : feeds) sum += feed->asked;
    return sum;
  }

  std::vector<std::unique_ptr<Feed>> feeds;  // outlive the session and its sources
  H2Connection connection;
  std::vector<std::int32_t> ids;
  std::size_t opened = 0;
};

TEST(H2Send, GathersOneEventForAHundredStreamsInFullRecords) {
  ManyStreams streams(100);
  const std::string event(300, 'e');
  for (std::size_t i = 0; i < 100; ++i) streams.say(i, event);
  ASSERT_TRUE(streams.connection.pump());
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(streams.heard(i), event);
  // 100 frames of 309 bytes fill two records of 16 KiB; none is cut between them.
  EXPECT_EQ(streams.connection.sends, 2U);
  EXPECT_GT(streams.connection.send_sizes[0], 16U * 1024 - 309);
  EXPECT_EQ(streams.connection.client.data_order().size(), 100U);
}

TEST(H2Send, CutsAnEventBeforeItLeavesMuchOfARecordEmpty) {
  ManyStreams streams(3);
  const std::string event(10'000, 'e');
  for (std::size_t i = 0; i < 3; ++i) streams.say(i, event);
  ASSERT_TRUE(streams.connection.pump());
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(streams.heard(i), event);
  EXPECT_EQ(streams.connection.sends, 2U);
  EXPECT_EQ(streams.connection.send_sizes[0], 16U * 1024);
}

TEST(H2Send, AsksEachWokenSourceOnceAndOthersNever) {
  ManyStreams streams(100);
  const std::size_t before = streams.asked();
  for (std::size_t i = 0; i < 10; ++i) streams.say(i, "data: x\n\n");
  ASSERT_TRUE(streams.connection.pump());
  EXPECT_EQ(streams.asked() - before, 10U);
}

TEST(H2Send, NeverExceedsTheRoom) {
  ManyStreams streams(20);
  streams.connection.room = 1024;
  for (std::size_t i = 0; i < 20; ++i) streams.say(i, std::string(700, 'a'));
  ASSERT_TRUE(streams.connection.pump());
  for (const std::size_t size : streams.connection.send_sizes) EXPECT_LE(size, 1024U);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(streams.heard(i).size(), 700U);
}

TEST(H2Send, CarriesAFrameThatIsLargerThanTheRoom) {
  H2Connection connection;
  connection.room = 1024;
  connection.handler.on_handle = [](http::Exchange& exchange) {
    http::Response response{200, {}, "small"};
    response.fields.add("x-large", std::string(9000, 'h'));
    exchange.respond(std::move(response));
  };
  const auto id = connection.client.get("/");
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(connection.client.answer(id).fields.at("x-large").size(), 9000U);
  EXPECT_EQ(connection.client.answer(id).body, "small");
}

TEST(H2Send, ALargeBodyLetsStreamsHaveTheirTurn) {
  Feed feed;
  H2Connection connection;
  connection.handler.on_handle = [&](http::Exchange& exchange) {
    if (exchange.request().path == "/events") return stream_from(feed)(exchange);
    exchange.respond({200, {}, std::string(200'000, 'b')});
  };
  const auto events = connection.client.get("/events");
  ASSERT_TRUE(connection.pump());
  connection.client.get("/body");
  ASSERT_TRUE(connection.receive(connection.client.output()));
  std::vector<char> buffer(16 * 1024);
  connection.session().send(buffer.data(), buffer.size());
  feed.bytes = "data: x\n\n";
  connection.handler.exchanges[0].get()->wake();
  std::string output;
  for (int i = 0; i < 2; ++i) {
    output.append(buffer.data(), connection.session().send(buffer.data(), buffer.size()));
  }
  EXPECT_NE(output.find("data: x\n\n"), std::string::npos);
  EXPECT_EQ(connection.client.answer(events).body, "");
}

TEST(H2Send, StreamsWithMuchToSayLetALargeBodyHaveItsTurn) {
  Feed feed;
  H2Connection connection;
  connection.handler.on_handle = [&](http::Exchange& exchange) {
    if (exchange.request().path == "/events") return stream_from(feed)(exchange);
    exchange.respond({200, {}, std::string(400'000, 'b')});
  };
  const auto events = connection.client.get("/events");
  ASSERT_TRUE(connection.pump());
  const auto body = connection.client.get("/body");
  ASSERT_TRUE(connection.receive(connection.client.output()));
  feed.bytes = std::string(400'000, 'e');
  connection.handler.exchanges[0].get()->wake();
  std::vector<char> buffer(16 * 1024);
  for (int i = 0; i < 10; ++i) {
    const std::size_t bytes = connection.session().send(buffer.data(), buffer.size());
    ASSERT_TRUE(connection.client.receive({buffer.data(), bytes}));
  }
  EXPECT_GT(connection.client.answer(events).body.size(), 30'000U);
  EXPECT_GT(connection.client.answer(body).body.size(), 30'000U);
}

// Also while they settle with the library what went past it.
/// Between whom has heard the most and the least of streams that have much to say, in pieces.
std::size_t difference_of_shares(std::size_t piece_bytes) {
  constexpr std::size_t kStreams = 20;
  ManyStreams streams(kStreams);
  for (std::size_t i = 0; i < kStreams; ++i) {
    streams.feeds[i]->piece_max = piece_bytes;
    streams.say(i, std::string(600'000, 'e'));
  }
  std::vector<char> buffer(16 * 1024);
  for (std::size_t i = 0; i < 12 * kStreams + kStreams / 4; ++i) {
    const std::size_t bytes = streams.connection.session().send(buffer.data(), buffer.size());
    EXPECT_TRUE(streams.connection.client.receive({buffer.data(), bytes}));
    EXPECT_TRUE(streams.connection.receive(streams.connection.client.output()));
  }
  std::size_t least = SIZE_MAX;
  std::size_t most = 0;
  for (std::size_t i = 0; i < kStreams; ++i) {
    least = std::min(least, streams.heard(i).size());
    most = std::max(most, streams.heard(i).size());
  }
  return most - least;
}

TEST(H2Send, StreamsWithMuchToSayHaveEqualShares) {
  EXPECT_LE(difference_of_shares(SIZE_MAX), 8U * 1024);
  // Frames that hold whole events are all shorter than they might be.
  EXPECT_LE(difference_of_shares(1'000), 8U * 1024);
}

TEST(H2Send, WhoIsCutByTheEndOfARecordComesFirstInTheNext) {
  ManyStreams streams(10);
  for (std::size_t i = 0; i < 10; ++i) streams.say(i, std::string(6'000, 'e'));
  std::vector<char> buffer(16 * 1024);
  for (int i = 0; i < 2; ++i) {
    const std::size_t bytes = streams.connection.session().send(buffer.data(), buffer.size());
    ASSERT_TRUE(streams.connection.client.receive({buffer.data(), bytes}));
  }
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(streams.heard(i).size(), 6'000U) << i;
  for (std::size_t i = 6; i < 10; ++i) EXPECT_EQ(streams.heard(i).size(), 0U) << i;
}

TEST(H2Send, AllStreamsMayEndAtOnce) {
  ManyStreams streams(100);
  for (std::size_t i = 0; i < 100; ++i) {
    streams.feeds[i]->end = true;
    streams.say(i, i % 2 == 0 ? "bye" : "");
  }
  ASSERT_TRUE(streams.connection.pump());
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_TRUE(streams.connection.client.answer(streams.ids[i]).complete) << i;
  }
}

TEST(H2Send, AStalledStreamDoesNotStopOthers) {
  H2ClientOptions options;
  options.stream_window_bytes = 1000;
  options.auto_window = false;
  ManyStreams streams(3, options);
  streams.say(0, std::string(5000, 's'));
  ASSERT_TRUE(streams.connection.pump());
  EXPECT_EQ(streams.heard(0).size(), 1000U);
  for (int i = 0; i < 3; ++i) {
    streams.say(1, std::string(100, 'a'));
    streams.say(2, std::string(100, 'b'));
    ASSERT_TRUE(streams.connection.pump());
  }
  EXPECT_EQ(streams.heard(1).size(), 300U);
  EXPECT_EQ(streams.heard(2).size(), 300U);
  EXPECT_EQ(streams.heard(0).size(), 1000U);
  for (int i = 0; i < 4; ++i) {
    streams.connection.client.consume(streams.ids[0]);
    ASSERT_TRUE(streams.connection.pump());
  }
  EXPECT_EQ(streams.heard(0).size(), 5000U);
}

TEST(H2Send, SourcesMayWakeEachOtherWhileTheyArePulled) {
  struct Chatty final : http::BodySource {
    explicit Chatty(std::vector<Chatty*>& all_chatty) : all(all_chatty) { all.push_back(this); }
    Ready ready(std::size_t) override {
      for (const Chatty* other : all) {
        if (other != this) other->exchange->wake();
      }
      return {said ? 0U : 2U, Next::later};
    }
    void copy(char* to, std::size_t) override {
      to[0] = 'h';
      to[1] = 'i';
      said = true;
    }
    std::vector<Chatty*>& all;
    http::Exchange* exchange = nullptr;
    bool said = false;
  };
  std::vector<Chatty*> all;
  H2Connection connection;
  connection.handler.on_handle = [&](http::Exchange& exchange) {
    auto source = std::make_unique<Chatty>(all);
    source->exchange = &exchange;
    exchange.respond_stream({200, {}, ""}, std::move(source));
  };
  const auto a = connection.client.get("/");
  const auto b = connection.client.get("/");
  ASSERT_TRUE(connection.pump());
  EXPECT_EQ(connection.client.answer(a).body, "hi");
  EXPECT_EQ(connection.client.answer(b).body, "hi");
}

class H2Fairness : public testing::TestWithParam<std::size_t> {};

H2ClientOptions as_chromium() {
  H2ClientOptions options;
  options.chromium_priorities = true;
  return options;
}

TEST_P(H2Fairness, AChainOfExclusiveStreamsIsServedAsFlatOnes) {
  const std::size_t count = GetParam();
  ManyStreams flat(count);
  ManyStreams chain(count, as_chromium());
  const std::size_t flat_asked = flat.asked();
  const std::size_t chain_asked = chain.asked();
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < count; ++i) {
      // Several frames each, so that the order of the streams shows.
      flat.feeds[i]->piece_max = chain.feeds[i]->piece_max = 200;
      flat.say(i, std::string(1000, 'e'));
      chain.say(i, std::string(1000, 'e'));
    }
    ASSERT_TRUE(flat.connection.pump());
    ASSERT_TRUE(chain.connection.pump());
  }
  EXPECT_EQ(chain.connection.client.data_order(), flat.connection.client.data_order());
  EXPECT_EQ(chain.connection.send_sizes, flat.connection.send_sizes);
  EXPECT_EQ(chain.asked() - chain_asked, flat.asked() - flat_asked);
}

TEST_P(H2Fairness, ABusyStreamDoesNotStarveThoseBelowIt) {
  const std::size_t count = GetParam();
  ManyStreams chain(count, as_chromium());
  for (std::size_t i = 0; i < count; ++i) {
    chain.say(i, std::string(i == 0 ? 200 * std::size_t{1024} : 50, 'e'));
  }
  // One pass over all streams: each has its frame, whoever is busy.
  std::vector<char> buffer(16 * 1024);
  std::string output;
  for (std::size_t i = 0; i < 2 + count * 59 / buffer.size(); ++i) {
    output.append(buffer.data(), chain.connection.session().send(buffer.data(), buffer.size()));
  }
  ASSERT_TRUE(chain.connection.client.receive(output));
  for (std::size_t i = 1; i < count; ++i) EXPECT_EQ(chain.heard(i).size(), 50U) << i;
}

TEST_P(H2Fairness, AnExclusivePriorityTakesNobodyBelowIt) {
  const std::size_t count = GetParam();
  ManyStreams streams(count);
  // The weight that all have: only the children tell that something changed.
  ASSERT_TRUE(streams.connection.receive(h2_frame(kH2Priority, 0,
                                                  static_cast<std::uint32_t>(streams.ids[0]),
                                                  std::string_view("\x80\0\0\0\x0F", 5))));
  for (std::size_t i = 0; i < count; ++i) {
    streams.say(i, std::string(i == 0 ? 200 * std::size_t{1024} : 50, 'e'));
  }
  std::vector<char> buffer(16 * 1024);
  std::string output;
  for (std::size_t i = 0; i < 2 + count * 59 / buffer.size(); ++i) {
    output.append(buffer.data(), streams.connection.session().send(buffer.data(), buffer.size()));
  }
  ASSERT_TRUE(streams.connection.client.receive(output));
  for (std::size_t i = 1; i < count; ++i) EXPECT_EQ(streams.heard(i).size(), 50U) << i;
}

TEST_P(H2Fairness, AnExclusiveStreamAtTheRootTakesNobodyBelowIt) {
  const std::size_t count = GetParam();
  std::vector<std::unique_ptr<Feed>> feeds;
  H2Connection connection(as_chromium());
  connection.handler.on_handle = [&](http::Exchange& exchange) {
    feeds.push_back(std::make_unique<Feed>());
    stream_from (*feeds.back())(exchange);
  };
  ASSERT_TRUE(connection.pump());
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < count - 1; ++i) ids.push_back(connection.client.get("/events"));
  ASSERT_TRUE(connection.pump());
  // A request of higher priority: Chromium puts it between the root and all others.
  ids.push_back(connection.client.get_above_all("/urgent"));
  ASSERT_TRUE(connection.pump());
  for (std::size_t i = 0; i < count; ++i) {
    feeds[i]->bytes = std::string(i == count - 1 ? 300 * std::size_t{1024} : 50, 'e');
    connection.handler.exchanges[i].get()->wake();
  }
  std::vector<char> buffer(16 * 1024);
  std::string output;
  for (std::size_t i = 0; i < 2 + count * 59 / buffer.size(); ++i) {
    output.append(buffer.data(), connection.session().send(buffer.data(), buffer.size()));
  }
  ASSERT_TRUE(connection.client.receive(output));
  for (std::size_t i = 0; i < count - 1; ++i) {
    EXPECT_EQ(connection.client.answer(ids[i]).body.size(), 50U) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Streams, H2Fairness, testing::Values(100, 250));

}  // namespace
}  // namespace gateway::test
