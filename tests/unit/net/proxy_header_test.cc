#include "net/proxy_header.h"

#include <poll.h>

#include <string>

#include <gtest/gtest.h>

#include "net_world.h"

namespace gateway::net {
namespace {

using Status = ProxyHeader::Status;

/// A header of version 2: command and family as they stand on the wire, and what follows them.
std::string binary(unsigned char command, unsigned char family, const std::string& block,
                   int length = -1) {
  std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
  header += static_cast<char>(command);
  header += static_cast<char>(family);
  const std::size_t said = length < 0 ? block.size() : static_cast<std::size_t>(length);
  header += static_cast<char>(said >> 8U);
  header += static_cast<char>(said & 0xFFU);
  return header + block;
}

const std::string kFour("\xC0\0\x02\x01\xC6\x33\x64\x02\xC8\x22\x01\xBB", 12);
const std::string kSix = std::string("\x20\x01\x0D\xB8", 4) + std::string(11, '\0') + '\1' +
                         std::string(16, '\2') + std::string("\xC8\x22\x01\xBB", 4);
constexpr char kSixText[] =
    "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe "
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";

struct Good {
  std::string header;
  std::string source;  // empty: none
};

const Good kGood[] = {
    {"PROXY TCP4 192.0.2.1 198.51.100.2 51234 443\r\n", "192.0.2.1:51234"},
    {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535"},
    {"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0"},
    {"PROXY TCP6 2001:db8::1 ::1 51234 443\r\n", "[2001:db8::1]:51234"},
    {kSixText, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe]:65535"},
    {"PROXY UNKNOWN\r\n", ""},
    {"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", ""},
    {"PROXY UNKNOWN whatever stands here\r\n", ""},
    {binary(0x21, 0x11, kFour), "192.0.2.1:51234"},
    {binary(0x21, 0x21, kSix), "[2001:db8::1]:51234"},
    {binary(0x21, 0x11, kFour + std::string("\x03\0\x04\1\2\3\4", 7)), "192.0.2.1:51234"},
    {binary(0x21, 0x21, kSix + std::string(kProxyHeaderBytesMax - 16 - 36, 'x')),
     "[2001:db8::1]:51234"},
    {binary(0x21, 0x31, std::string(216, 'u')), ""},
    {binary(0x21, 0x00, ""), ""},
    {binary(0x21, 0x00, "ignored"), ""},
    {binary(0x20, 0x00, ""), ""},
    {binary(0x20, 0x11, kFour), ""},
    {binary(0x20, 0x77, "a health check"), ""},
};

TEST(ProxyHeader, GoodOnesEndWhereTheySay) {
  for (const Good& good : kGood) {
    for (const std::string& behind : {std::string(), std::string("\x16\x03\x01PROXY \r\n")}) {
      const ProxyHeader header = parse_proxy_header(good.header + behind);
      ASSERT_EQ(header.status, Status::done) << good.header << ": " << header.error;
      EXPECT_EQ(header.bytes, good.header.size()) << good.header;
      EXPECT_EQ(header.source ? header.source->text() : "", good.source) << good.header;
    }
    for (std::size_t size = 0; size < good.header.size(); ++size) {
      EXPECT_EQ(parse_proxy_header(good.header.substr(0, size)).status, Status::more)
          << good.header.substr(0, size);
    }
  }
}

const std::string kBad[] = {
    "GET / HTTP/1.1\r\n",
    "\x16\x03\x01\x02",
    "proxy TCP4 192.0.2.1 198.51.100.2 1 2\r\n",
    "PROXY\r\n",
    "PROXY \r\n",
    "PROXY  TCP4 192.0.2.1 198.51.100.2 1 2\r\n",
    "PROXY TCP4\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 1 2 \r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n",
    "PROXY TCP4  192.0.2.1 198.51.100.2 1 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 1 65536\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 -1 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 01 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 1x 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 +1 2\r\n",
    "PROXY TCP4 192.0.2.256 198.51.100.2 1 2\r\n",
    "PROXY TCP4 192.0.2 198.51.100.2 1 2\r\n",
    "PROXY TCP4 2001:db8::1 ::1 1 2\r\n",
    "PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n",
    "PROXY TCP6 fe80::1%lo ::1 1 2\r\n",
    "PROXY TCP6 :::1 ::1 1 2\r\n",
    std::string("PROXY TCP4 192.0.2.1\0 198.51.100.2 1 2\r\n", 40),
    "PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n",
    "PROXY UNKNOWNS\r\n",
    "PROXY UNKNOWN " + std::string(200, 'x') + "\r\n",
    "PROXY TCP4 " + std::string(200, '1'),
    std::string("\r\n\r\n\0\r\nQUIX\n", 12),
    "\r\n\r\n\r\n",
    binary(0x11, 0x11, kFour),  // version 1 in binary
    binary(0x31, 0x11, kFour),  // version 3
    binary(0x22, 0x11, kFour),  // an unknown command
    binary(0x2F, 0x11, kFour),
    binary(0x21, 0x12, kFour),  // UDP
    binary(0x21, 0x22, kSix),
    binary(0x21, 0x32, std::string(216, 'u')),
    binary(0x21, 0x10, kFour),  // TCP without a transport
    binary(0x21, 0x01, kFour),
    binary(0x21, 0x41, kFour),  // an unknown family
    binary(0x21, 0xFF, kFour),
    binary(0x21, 0x11, kFour.substr(1)),  // too short for its family
    binary(0x21, 0x11, ""),
    binary(0x21, 0x21, kFour),
    binary(0x21, 0x31, std::string(215, 'u')),
    binary(0x21, 0x11, kFour, 2033),  // too long
    binary(0x21, 0x11, kFour, 65535),
    binary(0x20, 0x00, "", 65535),
};

TEST(ProxyHeader, BadOnesAreKnownAsSuch) {
  static_assert(std::size(kBad) + std::size(kGood) >= 60);
  for (const std::string& bad : kBad) {
    const ProxyHeader header = parse_proxy_header(bad);
    EXPECT_EQ(header.status, Status::bad) << bad;
    EXPECT_NE(std::string(header.error), "") << bad;
  }
}

TEST(ProxyReader, TakesTheHeaderAndNotAByteMore) {
  for (const Good& good : kGood) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
      TcpPair pair = TcpPair::make();
      ProxyReader reader;
      const std::string all = good.header + "behind";
      ProxyReader::Step step = ProxyReader::Step::again;
      for (std::size_t at = 0; at < all.size(); at += piece) {
        const std::string_view sent = std::string_view(all).substr(at, piece);
        ASSERT_EQ(::send(pair.client.get(), sent.data(), sent.size(), 0),
                  static_cast<ssize_t>(sent.size()));
        pollfd readable{pair.server.get(), POLLIN, 0};
        ASSERT_EQ(::poll(&readable, 1, 10'000), 1);
        if (step == ProxyReader::Step::again) step = reader.read(pair.server.get());
      }
      ASSERT_EQ(step, ProxyReader::Step::done) << good.header;
      EXPECT_EQ(reader.source() ? reader.source()->text() : "", good.source);
      std::string rest;
      pollfd readable{pair.server.get(), POLLIN, 0};
      while (rest.size() < 6 && ::poll(&readable, 1, 10'000) == 1) {
        char buffer[16];
        const ssize_t got = ::recv(pair.server.get(), buffer, sizeof buffer, 0);
        ASSERT_GT(got, 0);
        rest.append(buffer, static_cast<std::size_t>(got));
      }
      EXPECT_EQ(rest, "behind");
    }
  }
}

TEST(ProxyReader, SaysWhatWentWrong) {
  TcpPair pair = TcpPair::make();
  ProxyReader reader;
  EXPECT_EQ(reader.read(pair.server.get()), ProxyReader::Step::again);
  ASSERT_EQ(::send(pair.client.get(), "PROXY T", 7, 0), 7);
  EXPECT_EQ(reader.read(pair.server.get()), ProxyReader::Step::again);
  ASSERT_EQ(::send(pair.client.get(), "DP\r\n", 4, 0), 4);
  EXPECT_EQ(reader.read(pair.server.get()), ProxyReader::Step::bad);
  EXPECT_STREQ(reader.error(), "neither TCP4, TCP6 nor UNKNOWN");

  TcpPair left = TcpPair::make();
  left.client = Fd();
  EXPECT_EQ(ProxyReader().read(left.server.get()), ProxyReader::Step::closed);
}

}  // namespace
}  // namespace gateway::net
