#include "http/h1_chunks.h"

#include <string>

#include <gtest/gtest.h>

namespace gateway::http {
namespace {

using State = ChunkDecoder::State;

struct Result {
  State state;
  std::string body;
  std::size_t taken;
};

Result decode(const std::string& raw, std::size_t body_bytes_max = 1000) {
  ChunkDecoder decoder(body_bytes_max);
  Result result{State::reading, "", 0};
  result.taken = decoder.decode(raw, result.body);
  result.state = decoder.state();
  return result;
}

TEST(ChunkDecoderTest, TakesBodiesAndStopsBehindThem) {
  const std::string raw =
      "3;a=b;c=\"d e\"\r\n\r\n0\r\n0000A\r\n0123456789\r\n0\r\nX: y\r\nZ:\r\n\r\n";
  const Result result = decode(raw + "GET");
  EXPECT_EQ(result.state, State::complete);
  EXPECT_EQ(result.body, "\r\n00123456789");
  EXPECT_EQ(result.taken, raw.size());
}

TEST(ChunkDecoderTest, WaitsForEveryLastByte) {
  const std::string raw = "1\r\na\r\n0;x\r\nX: y\r\n\r\n";
  for (std::size_t bytes = 0; bytes < raw.size(); ++bytes) {
    const Result result = decode(raw.substr(0, bytes));
    EXPECT_EQ(result.state, State::reading) << bytes;
    EXPECT_EQ(result.taken, bytes);
  }
}

TEST(ChunkDecoderTest, BoundsTheBodyAtItsLastByte) {
  EXPECT_EQ(decode("5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n", 10).state, State::complete);
  const Result over = decode("5\r\n01234\r\n6\r\n567890\r\n", 10);
  EXPECT_EQ(over.state, State::too_large);
  EXPECT_EQ(over.body, "01234");
  EXPECT_EQ(decode("ffffffffffffffff\r\n").state, State::too_large);
  EXPECT_EQ(decode("00000000000000001").state, State::malformed) << "17 digits";
}

TEST(ChunkDecoderTest, BoundsExtensionsAndTrailers) {
  const std::string most(ChunkDecoder::kExtensionBytesMax, 'e');
  EXPECT_EQ(decode("1;" + most).state, State::reading);
  EXPECT_EQ(decode("1;" + most + "e").state, State::malformed);
  EXPECT_EQ(decode("1;e\r\na\r\n1;" + most).state, State::malformed) << "all chunks count";
  const std::string trailer = "X:" + std::string(ChunkDecoder::kTrailerBytesMax - 2, 't');
  EXPECT_EQ(decode("0\r\n" + trailer).state, State::reading);
  EXPECT_EQ(decode("0\r\n" + trailer + "t").state, State::malformed);
}

}  // namespace
}  // namespace gateway::http
