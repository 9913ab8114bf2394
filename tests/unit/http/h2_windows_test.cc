// Windows (RFC 9113 §5.2): DATA that goes past the library is counted like all other.
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "http/h2_ledger.h"
#include "http/h2_stream.h"
#include "support/h2_connection.h"
#include "support/h2_frames.h"

namespace gateway::test {
namespace {

constexpr std::int32_t kWindow = 65'535;
constexpr std::int32_t kLargest = INT32_MAX;

/// `id` 0: of the connection.
std::string window_update(std::int32_t id, std::int32_t bytes) {
  const auto byte = [bytes](int shift) { return static_cast<char>(bytes >> shift & 0xFF); };
  const std::string payload = {byte(24), byte(16), byte(8), byte(0)};
  return h2_frame(kH2WindowUpdate, 0, static_cast<std::uint32_t>(id), payload);
}

struct Stream {
  Feed feed;
  std::string said;
  base::WeakPtr<http::Exchange> exchange;
};

/// Event streams by their ids, and a client that checks the windows it gave.
struct Streams {
  explicit Streams(const H2ClientOptions& options) : connection(options) {
    connection.handler.on_handle = [this](http::Exchange& exchange) {
      if (exchange.request().path != "/events") {
        exchange.respond({200, {}, std::string(50'000, 'b')});
        return;
      }
      opened->exchange = exchange.weak();
      stream_from(opened->feed)(exchange);
    };
    EXPECT_TRUE(connection.pump());
  }

  std::int32_t open() {
    auto stream = std::make_unique<Stream>();
    opened = stream.get();
    const std::int32_t id = connection.client.get("/events");
    streams[id] = std::move(stream);
    EXPECT_TRUE(connection.pump());
    return id;
  }
  void say(std::int32_t id, std::size_t bytes, bool end = false) {
    Stream& stream = *streams.at(id);
    const std::string text(bytes, static_cast<char>('a' + stream.said.size() % 26));
    stream.said += text;
    stream.feed.bytes += text;
    stream.feed.end = end;
    if (stream.exchange.get() != nullptr) stream.exchange.get()->wake();
  }
  const std::string& heard(std::int32_t id) { return connection.client.answer(id).body; }
  /// The client takes all that it was sent, until nothing more comes.
  void take_all() {
    std::size_t before = 0;
    std::size_t after = 1;
    while (before != after) {
      before = after;
      connection.client.consume_connection();
      for (const auto& stream : streams) connection.client.consume(stream.first);
      ASSERT_TRUE(connection.pump());
      after = connection.client.data_order().size();
    }
  }

  Stream* opened = nullptr;
  std::map<std::int32_t, std::unique_ptr<Stream>> streams;  // outlive the session
  H2Connection connection;
};

TEST(H2Windows, ManyTimesTheirSizeGoesThrough) {
  H2ClientOptions options;
  options.stream_window_bytes = kWindow;
  options.connection_window_bytes = kWindow;
  Streams streams(options);
  const std::int32_t id = streams.open();
  for (int i = 0; i < 5'000; ++i) {
    streams.say(id, 300);
    ASSERT_TRUE(streams.connection.pump());
  }
  EXPECT_EQ(streams.heard(id), streams.streams[id]->said);
  EXPECT_EQ(streams.connection.client.complaints(), 0U);
  EXPECT_EQ(streams.connection.counters.data_frames_sent.value(),
            streams.connection.client.answer(id).data_frames);
}

TEST(H2Windows, TheConnectionsIsSharedWithWhatTheLibrarySends) {
  H2ClientOptions options;
  options.connection_window_bytes = kWindow;
  options.auto_connection_window = false;
  Streams streams(options);
  const std::int32_t a = streams.open();
  const std::int32_t b = streams.open();
  for (int i = 0; i < 100; ++i) {
    streams.say(a, 300);
    ASSERT_TRUE(streams.connection.pump());
  }
  // 30 000 of them went past the library, which does not know yet.
  const std::int32_t body = streams.connection.client.get("/body");
  ASSERT_TRUE(streams.connection.pump());
  streams.say(b, 300);
  ASSERT_TRUE(streams.connection.pump());
  EXPECT_EQ(streams.heard(a).size() + streams.heard(body).size() + streams.heard(b).size(),
            static_cast<std::size_t>(kWindow));
  EXPECT_EQ(streams.connection.client.complaints(), 0U);
  streams.connection.client.ping();
  ASSERT_TRUE(streams.connection.pump());
  EXPECT_EQ(streams.connection.client.pings_answered(), 1U);

  streams.connection.client.consume_connection();
  ASSERT_TRUE(streams.connection.pump());
  EXPECT_EQ(streams.heard(b).size(), 300U);
  EXPECT_EQ(streams.heard(body).size(), 50'000U);
  EXPECT_EQ(streams.connection.client.complaints(), 0U);
}

/// Two streams that took the connection's whole window past the library, and both owe.
struct Closed {
  Closed() : streams(options()) {
    a = streams.open();
    b = streams.open();
    for (int i = 0; i < 120; ++i) {
      streams.say(a, 300);
      streams.say(b, 300);
      EXPECT_TRUE(streams.connection.pump());
    }
    EXPECT_EQ(streams.heard(a).size() + streams.heard(b).size(), static_cast<std::size_t>(kWindow));
  }
  static H2ClientOptions options() {
    H2ClientOptions options;
    options.connection_window_bytes = kWindow;
    options.auto_connection_window = false;
    return options;
  }
  Streams streams;
  std::int32_t a = 0;
  std::int32_t b = 0;
};

TEST(H2Windows, StreamsAreCutWhileTheConnectionsIsClosed) {
  Closed closed;
  for (const std::int32_t id : {closed.a, closed.b}) {
    closed.streams.streams.at(id)->exchange.get()->abort();
    ASSERT_TRUE(closed.streams.connection.pump());
    EXPECT_TRUE(closed.streams.connection.client.answer(id).reset_code.has_value()) << id;
  }
  EXPECT_EQ(closed.streams.connection.session().open_exchanges(), 0U);
}

TEST(H2Windows, WhoWaitsForTheConnectionsIsFoundWhenItOpens) {
  Closed closed;
  const std::int32_t c = closed.streams.open();
  closed.streams.say(c, 300);
  ASSERT_TRUE(closed.streams.connection.pump());
  EXPECT_FALSE(closed.streams.connection.session().left_over());
  // In one go: who stood in front is gone, and there is room.
  closed.streams.connection.client.reset(closed.a, 8);
  closed.streams.connection.client.reset(closed.b, 8);
  closed.streams.connection.client.consume_connection();
  ASSERT_TRUE(closed.streams.connection.pump());
  EXPECT_EQ(closed.streams.heard(c).size(), 300U);
}

// What is owed on streams that the client resets stays owed, and harms nobody.
TEST(H2Windows, StreamsMayBeResetWhileTheyOwe) {
  H2ClientOptions options;
  options.connection_window_bytes = kWindow;
  Streams streams(options);
  for (int i = 0; i < 50; ++i) {
    const std::int32_t id = streams.open();
    for (int n = 0; n < 30; ++n) {
      streams.say(id, 300);
      ASSERT_TRUE(streams.connection.pump());
    }
    EXPECT_EQ(streams.heard(id).size(), 9'000U);
    streams.connection.client.reset(id, 8);
    ASSERT_TRUE(streams.connection.pump());
  }
  EXPECT_TRUE(streams.connection.client.goaways().empty());
  EXPECT_EQ(streams.connection.client.complaints(), 0U);
}

// A client that gives the largest window anew must not see it called too large.
void give_all_back(bool connection_too) {
  H2ClientOptions options;
  if (connection_too) options.connection_window_bytes = kLargest;
  if (!connection_too) options.stream_window_bytes = kLargest;
  options.auto_window = options.auto_connection_window = false;
  Streams streams(options);
  const std::int32_t id = streams.open();
  for (int i = 0; i < 100; ++i) {
    streams.say(id, 300);
    ASSERT_TRUE(streams.connection.pump());
  }
  ASSERT_TRUE(streams.connection.receive(window_update(connection_too ? 0 : id, 30'000)));
  streams.say(id, 300);
  ASSERT_TRUE(streams.connection.pump());
  EXPECT_EQ(streams.heard(id).size(), 30'300U);
  EXPECT_TRUE(streams.connection.client.goaways().empty());
}

TEST(H2Windows, TheLargestOfAConnectionIsNotCalledTooLarge) { give_all_back(true); }
TEST(H2Windows, TheLargestOfAStreamIsNotCalledTooLarge) { give_all_back(false); }

// Nor one that raises it to that step by step.
TEST(H2Windows, OneThatBecomesTheLargestIsNotCalledTooLarge) {
  H2ClientOptions options;
  options.stream_window_bytes = kWindow;
  options.auto_window = false;
  Streams streams(options);
  const std::int32_t id = streams.open();
  streams.say(id, 300);
  ASSERT_TRUE(streams.connection.pump());
  constexpr std::int32_t kMost = 3 << 29;  // 1.5 GiB
  ASSERT_TRUE(streams.connection.receive(window_update(id, kMost - (kWindow - 300))));
  streams.say(id, 300);
  ASSERT_TRUE(streams.connection.pump());
  ASSERT_TRUE(streams.connection.receive(window_update(id, kLargest - (kMost - 300))));
  for (int i = 0; i < 100; ++i) {
    streams.say(id, 300);
    ASSERT_TRUE(streams.connection.pump());
  }
  ASSERT_TRUE(streams.connection.receive(window_update(id, 30'000)));
  streams.say(id, 300);
  ASSERT_TRUE(streams.connection.pump());
  EXPECT_EQ(streams.heard(id).size(), 30'900U);
  EXPECT_FALSE(streams.connection.client.answer(id).reset_code.has_value());
  EXPECT_TRUE(streams.connection.client.goaways().empty());
}

// What a window lets through is known from the last look at it; a client may take it back.
TEST(H2Windows, AStreamsThatShrinksIsSeenAtOnce) {
  H2ClientOptions options;
  options.auto_window = false;
  Streams streams(options);
  const std::int32_t id = streams.open();
  streams.say(id, 300);
  ASSERT_TRUE(streams.connection.pump());
  constexpr std::uint32_t kSmall = 1'000;
  streams.connection.client.change_stream_window(kSmall);
  ASSERT_TRUE(streams.connection.pump());
  streams.say(id, 2'000);
  ASSERT_TRUE(streams.connection.pump());
  EXPECT_EQ(streams.heard(id).size(), std::size_t{kSmall});
  EXPECT_EQ(streams.connection.client.complaints(), 0U);
}

// But only what changes windows costs another look at each.
TEST(H2Windows, AreSureUntilTheClientChangesThem) {
  H2ClientOptions options;
  options.auto_window = false;
  Streams streams(options);
  const std::int32_t id = streams.open();
  const auto& stream = static_cast<const http::H2Stream&>(*streams.streams.at(id)->exchange.get());
  const auto say = [&] {
    streams.say(id, 300);
    EXPECT_TRUE(streams.connection.pump());
  };
  say();
  const std::size_t sure = stream.sure();
  EXPECT_GT(sure, http::H2Ledger::kSureMin);
  // SETTINGS_MAX_CONCURRENT_STREAMS, RFC 9113 §6.5.2.
  const std::string_view other("\0\3\0\0\0\144", 6);
  ASSERT_TRUE(streams.connection.receive(h2_frame(kH2Settings, 0, 0, other)));
  say();
  EXPECT_EQ(stream.sure(), sure - 300);
  streams.connection.client.change_stream_window(kWindow);
  ASSERT_TRUE(streams.connection.pump());
  EXPECT_EQ(stream.sure(), 0U);
  say();
  const std::size_t looked_up = stream.sure();
  say();
  EXPECT_EQ(stream.sure(), looked_up - 300);
}

// One that waited for the connection's is served by the library, and goes on past it.
TEST(H2Windows, AStreamsCountsWhatTheLibrarySentOfIt) {
  H2ClientOptions options;
  options.stream_window_bytes = kWindow;
  options.connection_window_bytes = kWindow;
  options.auto_window = options.auto_connection_window = false;
  Streams streams(options);
  const std::int32_t a = streams.open();
  const std::int32_t b = streams.open();
  streams.say(a, 300);
  streams.say(b, kWindow - 300);
  ASSERT_TRUE(streams.connection.pump());
  streams.say(a, 20'000);
  ASSERT_TRUE(streams.connection.pump());
  EXPECT_EQ(streams.heard(a).size(), 300U);
  streams.connection.client.consume_connection();
  ASSERT_TRUE(streams.connection.pump());
  EXPECT_EQ(streams.heard(a).size(), 20'300U);
  streams.say(a, 60'000);
  for (int i = 0; i < 4; ++i) {
    streams.connection.client.consume_connection();
    ASSERT_TRUE(streams.connection.pump());
  }
  EXPECT_EQ(streams.heard(a).size(), static_cast<std::size_t>(kWindow));
  EXPECT_EQ(streams.connection.client.complaints(), 0U);
}

TEST(H2Windows, AConnectionWhoseClosedStreamsOwedTooMuchIsWorn) {
  H2Connection connection;
  Feed feed;
  connection.handler.on_handle = stream_from(feed);
  connection.client.get("/events");
  ASSERT_TRUE(connection.pump());
  auto& stream = static_cast<http::H2Stream&>(*connection.handler.exchanges[0].get());
  stream.set_owed(http::H2Ledger::kOwedMax);
  http::H2Ledger ledger;
  constexpr std::uint64_t kStreams = http::H2Ledger::kLostMax / http::H2Ledger::kOwedMax;
  for (std::uint64_t i = 0; i < kStreams - 1; ++i) ledger.closed(stream);
  EXPECT_FALSE(ledger.worn());
  ledger.closed(stream);
  EXPECT_TRUE(ledger.worn());
}

class H2WindowsAtRandom : public testing::TestWithParam<std::uint64_t> {};

/// One of the things that can happen to a connection.
void step(Streams& streams, std::map<std::int32_t, bool>& open, base::Random& random,
          bool changes_settings) {
  H2Client& client = streams.connection.client;
  const auto any = [&] {
    auto at = open.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random.below(open.size())));
    return at->first;
  };
  const std::uint64_t what = random.below(20);
  if (open.empty() || (what == 0 && open.size() < 12)) {
    open[streams.open()] = true;
  } else if (what == 1) {
    const std::int32_t id = any();
    client.reset(id, 8);
    open.erase(id);
    streams.streams.at(id)->said.clear();
  } else if (what == 2) {
    const std::int32_t id = any();
    streams.say(id, random.below(500), true);
    open.erase(id);
  } else if (what == 3 && changes_settings) {
    client.change_stream_window(static_cast<std::uint32_t>(random.below(100'000)));
  } else if (what == 4) {
    client.get("/body");
  } else if (what < 7) {
    client.consume_connection();
  } else if (what < 9) {
    client.consume(any());
  } else {
    streams.say(any(), 1 + random.below(what == 9 ? 30'000 : 700));
  }
  if (random.below(3) > 0) {
    ASSERT_TRUE(streams.connection.pump());
  }
}

TEST_P(H2WindowsAtRandom, NeverTooMuchAndAllInTheEnd) {
  base::SeededRandom random(GetParam());
  H2ClientOptions options;
  options.stream_window_bytes = static_cast<std::uint32_t>(random.below(100'000));
  options.connection_window_bytes = kWindow + static_cast<std::int32_t>(random.below(200'000));
  options.auto_window = options.auto_connection_window = random.below(4) == 0;
  Streams streams(options);
  streams.connection.room = 1024 + random.below(16 * 1024);
  // With each change all windows are looked up anew.
  const bool changes_settings = random.below(2) == 0;
  std::map<std::int32_t, bool> open;
  for (int i = 0; i < 400; ++i) {
    ASSERT_NO_FATAL_FAILURE(step(streams, open, random, changes_settings));
  }
  streams.connection.client.change_stream_window(1'000'000);
  ASSERT_NO_FATAL_FAILURE(streams.take_all());
  EXPECT_EQ(streams.connection.client.complaints(), 0U);
  EXPECT_TRUE(streams.connection.client.goaways().empty());
  for (const auto& [id, stream] : streams.streams) {
    if (stream->said.empty()) continue;
    EXPECT_EQ(streams.heard(id), stream->said) << id;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, H2WindowsAtRandom, testing::Range<std::uint64_t>(1, 101));

}  // namespace
}  // namespace gateway::test
