// What a peer may make of TLS alone: much work with few bytes.
#include "tls_world.h"

namespace gateway::net {
namespace {

using TlsFloodTest = TlsWorld;

TEST_F(TlsFloodTest, AFloodOfKeyUpdatesEndsTheConnection) {
  const Ssl ssl = begin({"\10http/1.1", 9});
  ASSERT_TRUE(shake(ssl.get()));
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(SSL_key_update(ssl.get(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(ssl.get()), 1);
  }
  EXPECT_TRUE(turn_until([&] { return counters_.open.value() == 0; }));
  EXPECT_EQ(counters_.lost.value(), 1U);
}

// A read costs its budget something however little it brings.
TEST_F(TlsFloodTest, RecordsOfOneByteLeaveTheTurnToOthers) {
  constexpr std::size_t kRecordsATurn = std::size_t{64} * 1024 / 512;
  const Ssl ssl = begin({"\10http/1.1", 9});
  ASSERT_TRUE(shake(ssl.get()));
  ASSERT_TRUE(turn_until([&] { return counters_.opened_h1.value() == 1; }));
  const std::string head =
      "GET / HTTP/1.1\r\nhost: localhost\r\nx-fill: " + std::string(4 * kRecordsATurn, 'x') +
      "\r\n\r\n";
  for (const char byte : head) ASSERT_EQ(SSL_write(ssl.get(), &byte, 1), 1);
  std::uint64_t before = 0;
  while (traffic_.requests.empty()) {
    ASSERT_TRUE(turn_until([&] { return counters_.bytes_received.value() > before; }));
    EXPECT_LE(counters_.bytes_received.value() - before, kRecordsATurn);
    before = counters_.bytes_received.value();
  }
  EXPECT_EQ(before, head.size());
}

}  // namespace
}  // namespace gateway::net
