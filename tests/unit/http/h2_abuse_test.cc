// HTTP/2 clients that make work for nothing, and the honest ones that look a little like them.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "http/h2_glitches.h"
#include "support/h2_connection.h"
#include "support/h2_frames.h"

namespace gateway::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const base::MonoTime kStart{std::chrono::hours(1)};
constexpr std::string_view kLargestIncrement("\x7F\xFF\xFF\xFF", 4);

TEST(H2Glitches, HaveABurstAndComeBack) {
  http::H2Glitches glitches;
  glitches.charge(990, kStart);
  glitches.charge(http::H2Glitches::kFault, kStart);
  EXPECT_FALSE(glitches.exhausted());
  glitches.charge(33, kStart + seconds(1));
  EXPECT_FALSE(glitches.exhausted());
  glitches.charge(1, kStart + seconds(1));
  EXPECT_TRUE(glitches.exhausted());
  glitches.charge(1, kStart + seconds(1000));
  EXPECT_TRUE(glitches.exhausted());
}

TEST(H2Glitches, AllowFramesForWhatWasAskedAndAnswered) {
  http::H2Glitches glitches;
  glitches.charge(1000, kStart);
  for (int i = 0; i < 3; ++i) glitches.stream_opened();
  glitches.data_sent();
  glitches.charge({6, 5 + 6 + 20}, kStart);
  EXPECT_FALSE(glitches.exhausted());
  http::H2Glitches other = glitches;
  other.charge({1, 0}, kStart);
  EXPECT_TRUE(other.exhausted());
  glitches.charge({0, 1}, kStart);
  EXPECT_TRUE(glitches.exhausted());
}

TEST(H2Glitches, UrlsOutOfTheTableCostWhatTheySave) {
  http::H2Glitches glitches;
  for (int i = 0; i < 10'000; ++i) glitches.charge_target(4000, 2000, kStart);  // sent, by Huffman
  for (int i = 0; i < 10'000; ++i) glitches.charge_target(26, 13, kStart);
  for (int i = 0; i < 256; ++i) glitches.charge_target(1526, 13, kStart);
  EXPECT_FALSE(glitches.exhausted());
  glitches.charge_target(1526, 13, kStart);
  EXPECT_TRUE(glitches.exhausted());
}

class H2Abuse : public testing::Test {
 protected:
  void SetUp() override { EXPECT_TRUE(connection.receive(h2_hello())); }
  static std::string get(std::uint32_t id, std::uint8_t flags = kH2EndHeaders | kH2EndStream) {
    return h2_frame(kH2Headers, flags, id, h2_get_block());
  }
  static std::string times(std::size_t count, const std::string& frame) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += frame;
    return all;
  }
  /// The error code of the last frame of `type` among `frames`.
  static std::optional<std::uint32_t> error_code(std::string_view frames, H2FrameType type) {
    std::optional<std::uint32_t> code;
    const auto number = [&](std::size_t at, std::size_t bytes) {
      std::uint32_t value = 0;
      for (std::size_t i = 0; i < bytes; ++i) {
        value = value << 8 | static_cast<std::uint8_t>(frames[at + i]);
      }
      return value;
    };
    while (!frames.empty()) {
      const std::size_t size = number(0, 3);
      if (number(3, 1) == type) code = number(type == kH2Goaway ? 13 : 9, 4);
      frames.remove_prefix(9 + size);
    }
    return code;
  }
  /// All goes on after `bytes`. What comes back.
  std::string expect_suffered(const std::string& bytes) {
    EXPECT_TRUE(connection.receive(bytes));
    const std::string output = connection.drain();
    EXPECT_FALSE(error_code(output, kH2Goaway));
    return output;
  }
  void expect_calmed(const std::string& bytes) {
    EXPECT_FALSE(connection.receive(bytes));
    EXPECT_EQ(error_code(connection.drain(), kH2Goaway), NGHTTP2_ENHANCE_YOUR_CALM);
    EXPECT_TRUE(connection.session().finished());
    EXPECT_EQ(connection.counters.glitch_closes.value(), 1U);
  }
  Feed feed;  // outlives the session and its sources
  H2Connection connection;
};

TEST_F(H2Abuse, ExclusivePrioritiesAreBounded) {
  connection.handler.on_handle = stream_from(feed);
  expect_suffered(get(1) + get(3));
  const std::string to_the_top = h2_frame(kH2Priority, 0, 3, std::string_view("\x80\0\0\0\xFF", 5));
  expect_suffered(times(1000 + 2 * 2, to_the_top));
  expect_calmed(to_the_top);
}

TEST_F(H2Abuse, UnknownFramesAndEmptyDataAreBounded) {
  expect_suffered(times(500, h2_frame(kH2Unknown, 0, 0, "x")));
  expect_suffered(get(1, kH2EndHeaders));
  expect_suffered(times(502, h2_frame(kH2Data, 0, 1, "")));
  expect_calmed(h2_frame(kH2Data, 0, 1, ""));
}

TEST_F(H2Abuse, DataOfPaddingAloneIsBounded) {
  constexpr std::uint8_t kPadded = 0x8;
  expect_suffered(get(1, kH2EndHeaders));
  expect_suffered(times(2000, h2_frame(kH2Data, kPadded, 1, std::string_view("\1x\0", 3))));
  expect_suffered(times(500, h2_frame(kH2Data, kPadded, 1, std::string_view("\0", 1))));
  expect_suffered(times(502, h2_frame(kH2Data, kPadded, 1, std::string_view("\2\0\0", 3))));
  expect_calmed(h2_frame(kH2Data, kPadded, 1, std::string_view("\0", 1)));
}

TEST_F(H2Abuse, UrlsOutOfTheTableAreBounded) {
  const std::string path = "/events?boards=" + std::string(3500, 'b');
  // Literals with incremental indexing: :path, and GET and https of the static table (RFC 7541 A).
  const std::string first = "\x82\x87\x44\x7F" + std::string(1, static_cast<char>(0xBC)) + "\x1A" +
                            path + "\x41\x01" + "a";
  EXPECT_TRUE(connection.receive(h2_frame(kH2Headers, kH2EndHeaders | kH2EndStream, 1, first)));
  ASSERT_EQ(connection.handler.requests.size(), 1U);
  const std::string block = "\x82\x87\xBE\xBF";
  std::uint32_t id = 3;
  const auto ask = [&] {
    id += 2;
    return connection.receive(h2_frame(kH2Headers, kH2EndHeaders | kH2EndStream, id, block));
  };
  int asked = 0;
  for (; asked < 200 && ask(); ++asked) connection.drain();
  EXPECT_NEAR(asked, 1000 * 384 / 3500, 2);
  EXPECT_EQ(error_code(connection.drain(), kH2Goaway), NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST_F(H2Abuse, WhatTheLibraryEndsByItselfIsCounted) {
  const auto errors = [this] { return connection.counters.protocol_errors.value(); };
  EXPECT_EQ(errors(), 0U);
  connection.receive(h2_frame(kH2Priority, 0, 1, "four"));  // of 5 bytes
  EXPECT_EQ(error_code(connection.drain(), kH2Goaway), NGHTTP2_FRAME_SIZE_ERROR);
  EXPECT_EQ(errors(), 1U);
}

TEST_F(H2Abuse, WindowUpdatesAreBounded) {
  const std::string update = h2_frame(kH2WindowUpdate, 0, 0, std::string_view("\0\0\0\1", 4));
  expect_suffered(times(1000 + 5, update));
  expect_calmed(update);
}

TEST_F(H2Abuse, AStreamResetByItsClientsFaultIsNeverWorkedOn) {
  const auto made_you_reset = [](std::uint32_t id) {
    return get(id) + h2_frame(kH2WindowUpdate, 0, id, kLargestIncrement);
  };
  std::uint32_t id = 1;
  for (int i = 0; i < 100; ++i, id += 2) expect_suffered(made_you_reset(id));
  EXPECT_EQ(connection.counters.resets_sent.value(), 100U);
  expect_calmed(made_you_reset(id));
  EXPECT_TRUE(connection.handler.requests.empty());
}

TEST_F(H2Abuse, AnUploadResetByItsClientsFaultIsNeverWorkedOn) {
  expect_suffered(get(1, kH2EndHeaders) + h2_frame(kH2Data, kH2EndStream, 1, "body") +
                  h2_frame(kH2WindowUpdate, 0, 1, kLargestIncrement));
  EXPECT_TRUE(connection.handler.requests.empty());
  EXPECT_EQ(connection.session().open_exchanges(), 0U);
}

TEST_F(H2Abuse, HeadsOverTheLimitAreBounded) {
  std::string block = h2_get_block();
  for (int i = 0; i < 80; ++i) block += h2_field("x", "y");
  const auto large = [&](std::uint32_t id) {
    return h2_frame(kH2Headers, kH2EndHeaders | kH2EndStream, id, block);
  };
  std::uint32_t id = 1;
  for (int i = 0; i < 100; ++i, id += 2) expect_suffered(large(id));
  expect_calmed(large(id));
}

// The library resets these without a word.
TEST_F(H2Abuse, BodiesOfTheWrongLengthAreBounded) {
  const std::string block = h2_get_block() + h2_field("content-length", "10");
  const auto short_body = [&](std::uint32_t id) {
    return h2_frame(kH2Headers, kH2EndHeaders, id, block) +
           h2_frame(kH2Data, kH2EndStream, id, "short");
  };
  std::uint32_t id = 1;
  for (int i = 0; i < 101; ++i, id += 2) expect_suffered(short_body(id));
  EXPECT_TRUE(connection.handler.requests.empty());
  expect_calmed(h2_frame(kH2Ping, 0, 0, "12345678"));
}

TEST_F(H2Abuse, WhatWeCutOurselvesCostsTheClientNothing) {
  connection.handler.on_handle = [](http::Exchange& exchange) { exchange.abort(); };
  for (std::uint32_t id = 1; id < 2 * 300; id += 2) expect_suffered(get(id));
  EXPECT_EQ(connection.counters.resets_sent.value(), 300U);
  EXPECT_EQ(connection.counters.glitch_closes.value(), 0U);
}

TEST_F(H2Abuse, HeadsOfUnansweredRequestsAreBounded) {
  const std::string block = h2_get_block("/" + std::string(15'000, 'p'));
  std::string output;
  for (std::uint32_t i = 0; i < 200; ++i) {
    output = expect_suffered(h2_frame(kH2Headers, kH2EndHeaders, 2 * i + 1, block));
  }
  EXPECT_EQ(error_code(output, kH2Reset), NGHTTP2_REFUSED_STREAM);
  const std::uint64_t refused = connection.counters.header_limit_refusals.value();
  EXPECT_GE(refused, 146U);
  EXPECT_LE(refused, 150U);
  EXPECT_EQ(connection.session().open_exchanges(), 200 - refused);
  // Those that are answered make room again.
  for (std::uint32_t i = 0; i < 200 - refused; ++i) {
    expect_suffered(h2_frame(kH2Data, kH2EndStream, 2 * i + 1, ""));
  }
  expect_suffered(h2_frame(kH2Headers, kH2EndHeaders | kH2EndStream, 401, block));
  EXPECT_EQ(connection.handler.requests.size(), 201 - refused);
  EXPECT_EQ(connection.counters.header_limit_refusals.value(), refused);
}

TEST(H2Recent, WhatComesOnAStreamThatWeResetIsPassedOver) {
  H2Connection connection;
  const std::string get = h2_get_block();
  const std::uint8_t whole = kH2EndHeaders | kH2EndStream;
  connection.receive(h2_hello() + h2_frame(kH2Settings, kH2Ack, 0, ""));
  connection.receive(h2_frame(kH2Headers, kH2EndHeaders, 1, get + h2_field("connection", "close")));
  connection.drain();
  EXPECT_EQ(connection.counters.resets_sent.value(), 1U);
  const std::uint64_t errors = connection.counters.protocol_errors.value();
  connection.receive(h2_frame(kH2Headers, whole, 5, get));
  EXPECT_TRUE(connection.receive(h2_frame(kH2Data, 0, 1, "late")));
  EXPECT_TRUE(connection.receive(h2_frame(kH2Headers, whole, 1, h2_field("late", "trailer"))));
  EXPECT_EQ(connection.counters.protocol_errors.value(), errors);
  EXPECT_EQ(connection.handler.requests.size(), 1U);
  EXPECT_FALSE(connection.receive(h2_frame(kH2Headers, whole, 3, get)));
  EXPECT_EQ(connection.counters.protocol_errors.value(), errors + 1);
}

TEST_F(H2Abuse, AStreamThatItsClientEndedTakesNothing) {
  const auto code_after = [](const std::string& bytes) {
    H2Connection other;
    other.receive(h2_hello() + h2_frame(kH2Settings, kH2Ack, 0, "") + get(1) + get(5));
    other.drain();
    other.receive(get(7, kH2EndHeaders) +
                  h2_frame(kH2Reset, 0, 7, std::string_view("\0\0\0\x8", 4)));
    other.receive(bytes);
    EXPECT_EQ(other.handler.requests.size(), 2U);
    return error_code(other.drain(), kH2Goaway);
  };
  const auto data = [](std::uint32_t id) { return h2_frame(kH2Data, kH2EndStream, id, "late"); };
  for (const std::uint32_t id : {1U, 7U}) {
    EXPECT_EQ(code_after(get(id)), NGHTTP2_STREAM_CLOSED) << id;
  }
  EXPECT_EQ(code_after(data(1)), NGHTTP2_STREAM_CLOSED);
  EXPECT_EQ(code_after(data(0)), NGHTTP2_PROTOCOL_ERROR);
  EXPECT_EQ(code_after(get(3)), NGHTTP2_PROTOCOL_ERROR);  // it never was open
}

TEST_F(H2Abuse, DataBehindAResetOfItsOwnCostsTheClientNoOtherStream) {
  const std::string reset = h2_frame(kH2Reset, 0, 1, std::string_view("\0\0\0\x8", 4));
  const std::string late = h2_frame(kH2Data, 0, 1, "late");
  connection.receive(get(1, kH2EndHeaders));
  connection.drain();
  EXPECT_TRUE(connection.receive(reset + late + late));
  EXPECT_EQ(error_code(connection.drain(), kH2Reset), NGHTTP2_STREAM_CLOSED);
  EXPECT_TRUE(connection.receive(get(3)));
  EXPECT_EQ(connection.handler.requests.size(), 1U);
  bool alive = true;
  for (int i = 0; i < 110 && alive; ++i) alive = connection.receive(late);
  EXPECT_FALSE(alive) << "a flood of it is one";
}

TEST_F(H2Abuse, SettingsThatMakeAWindowTooLargeEndTheConnection) {
  const auto initial_window = [](std::string_view size) {
    return h2_frame(kH2Settings, 0, 0, std::string("\0\4", 2).append(size));
  };
  expect_suffered(get(1, kH2EndHeaders) + initial_window(kLargestIncrement));
  const std::string_view one("\0\0\0\1", 4);
  expect_suffered(initial_window(one) + h2_frame(kH2WindowUpdate, 0, 1, one));
  connection.receive(initial_window(kLargestIncrement));
  EXPECT_EQ(error_code(connection.drain(), kH2Goaway), NGHTTP2_FLOW_CONTROL_ERROR);
  EXPECT_TRUE(connection.session().finished());
  // A connection whose socket takes nothing learns it from its timer.
  ASSERT_TRUE(connection.session().deadline());
  EXPECT_LE(*connection.session().deadline(), connection.clock.now());
  EXPECT_FALSE(connection.session().advance(connection.clock.now()));
}

TEST_F(H2Abuse, RequestsThatAreOverLeaveNothing) {
  const base::Gauge& held = connection.counters.h2_library_bytes;
  for (std::uint32_t id = 1; id < 40; id += 2) expect_suffered(get(id));
  const std::int64_t before = held.value();
  for (std::uint32_t id = 41; id < 2 * 1'000; id += 2) expect_suffered(get(id));
  EXPECT_LE(held.value(), before + 1'024);
}

}  // namespace
}  // namespace gateway::test
