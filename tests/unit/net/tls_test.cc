#include "net/tls.h"

#include "tls_world.h"

namespace gateway::net {
namespace {

using TlsTest = TlsWorld;

TEST_F(TlsTest, AlpnChoosesTheSession) {
  const Ssl h2 = begin();
  ASSERT_TRUE(shake(h2.get()));
  EXPECT_EQ(alpn_of(h2.get()), "h2");
  EXPECT_STREQ(SSL_get_version(h2.get()), "TLSv1.3");
  EXPECT_TRUE(turn_until([this] { return counters_.opened_h2.value() == 1; }));

  const Ssl h1 = begin({"\10http/1.1", 9});
  ASSERT_TRUE(shake(h1.get()));
  EXPECT_EQ(alpn_of(h1.get()), "http/1.1");
  std::string answer;
  EXPECT_TRUE(get(h1.get(), answer)) << answer;
  EXPECT_EQ(traffic_.requests.at(0).tls, true);

  answer.clear();
  const Ssl none = begin({});
  ASSERT_TRUE(shake(none.get()));
  EXPECT_EQ(alpn_of(none.get()), "");
  EXPECT_TRUE(get(none.get(), answer));
  EXPECT_EQ(counters_.opened_h1.value(), 2U);
  EXPECT_EQ(counters_.opened_h2.value(), 1U);
}

TEST_F(TlsTest, TheServersOrderDecides) {
  const Ssl ssl = begin({"\10http/1.1\2h2", 12});
  ASSERT_TRUE(shake(ssl.get()));
  EXPECT_EQ(alpn_of(ssl.get()), "h2");
}

TEST_F(TlsTest, NoCommonProtocolIsAFatalAlert) {
  const Ssl ssl = begin({"\4smtp", 5});
  EXPECT_FALSE(shake(ssl.get()));
  EXPECT_EQ(alert_, SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
  EXPECT_EQ(counters_.handshake_failures.value(), 1U);
}

TEST_F(TlsTest, OldVersionsAreRefused) {
  SSL_CTX_set_security_level(client_context_.get(), 0);
  SSL_CTX_set_min_proto_version(client_context_.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(client_context_.get(), TLS1_1_VERSION);
  const Ssl ssl = begin();
  EXPECT_FALSE(shake(ssl.get()));
  EXPECT_EQ(alert_, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
}

TEST_F(TlsTest, Tls12HasAeadAndEcdheAlone) {
  SSL_CTX_set_max_proto_version(client_context_.get(), TLS1_2_VERSION);
  const Ssl good = begin();
  ASSERT_TRUE(shake(good.get()));
  EXPECT_STREQ(SSL_get_version(good.get()), "TLSv1.2");
  EXPECT_EQ(SSL_get_secure_renegotiation_support(good.get()), 1);
  for (const char* bad : {"ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "AES128-SHA",
                          "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256"}) {
    ASSERT_EQ(SSL_CTX_set_cipher_list(client_context_.get(), bad), 1) << bad;
    const Ssl ssl = begin();
    EXPECT_FALSE(shake(ssl.get())) << bad;
  }
}

TEST_F(TlsTest, MinimumVersion13RefusesTls12) {
  use({certificates_.make("first", "DNS:first.example")}, TlsVersion::tls1_3);
  SSL_CTX_set_max_proto_version(client_context_.get(), TLS1_2_VERSION);
  const Ssl ssl = begin();
  EXPECT_FALSE(shake(ssl.get()));
}

TEST_F(TlsTest, SniChoosesTheCertificate) {
  const auto served = [this](const char* host) {
    const Ssl ssl = begin();
    if (host != nullptr) {
      SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(host));
    }
    return shake(ssl.get()) ? subject_of(ssl.get()) : std::string("no handshake");
  };
  EXPECT_EQ(served(nullptr), "first");
  EXPECT_EQ(served("first.example"), "first");
  EXPECT_EQ(served("second.example"), "second");
  EXPECT_EQ(served("SECOND.example"), "second");
  EXPECT_EQ(served("a.wild.example"), "second");
  EXPECT_EQ(served("a.b.wild.example"), "first") << "a wildcard stands for one label";
  EXPECT_EQ(served("wild.example"), "first");
  EXPECT_EQ(served("unknown.example"), "first");
}

TEST_F(TlsTest, ASwapIsForNewConnectionsAndCutsNoHandshake) {
  Ssl before = begin();
  ASSERT_TRUE(shake(before.get()));
  const Fd before_socket = std::move(socket_);
  Ssl during = begin();
  ERR_clear_error();
  EXPECT_EQ(SSL_do_handshake(during.get()), -1);  // its hello is on the way
  turn_until([this] { return connections_->size() == 2; });

  auto made = make_tls_context({{certificates_.make("renewed", "DNS:first.example")}}, tls_.get());
  ASSERT_TRUE(made.ok());
  connections_->use(*made);
  tls_ = *std::move(made);
  ASSERT_TRUE(shake(during.get()));
  EXPECT_EQ(subject_of(during.get()), "first");
  const Fd during_socket = std::move(socket_);
  const Ssl after = begin();
  ASSERT_TRUE(shake(after.get()));
  EXPECT_EQ(subject_of(after.get()), "renewed");
  EXPECT_EQ(counters_.closed.value(), 0U);
}

class TlsResumptionTest : public TlsTest, public testing::WithParamInterface<int> {};

TEST_P(TlsResumptionTest, TicketsResumeOnOtherWorkersAndAfterASwap) {
  SSL_CTX_set_max_proto_version(client_context_.get(), GetParam());
  const Ssl first = begin({"\10http/1.1", 9});
  ASSERT_TRUE(shake(first.get()));
  std::string answer;
  ASSERT_TRUE(get(first.get(), answer));  // TLS 1.3 sends its tickets after the handshake
  ASSERT_NE(ticket_, nullptr);
  EXPECT_EQ(counters_.tls_resumed.value(), 0U);

  make_connections(tls_);  // another worker
  Ssl second = begin({"\10http/1.1", 9});
  SSL_set_session(second.get(), ticket_.get());
  ASSERT_TRUE(shake(second.get()));
  EXPECT_EQ(SSL_session_reused(second.get()), 1);
  EXPECT_TRUE(turn_until([this] { return counters_.tls_resumed.value() == 1; }));
  ASSERT_TRUE(get(second.get(), answer = ""));

  use({certificates_.make("renewed", "DNS:first.example")});
  Ssl third = begin({"\10http/1.1", 9});
  SSL_set_session(third.get(), ticket_.get());
  ASSERT_TRUE(shake(third.get()));
  EXPECT_EQ(SSL_session_reused(third.get()), 1);

  tls_ = {};  // a context with keys of its own
  use({certificates_.make("stranger", "DNS:first.example")});
  Ssl fourth = begin({"\10http/1.1", 9});
  SSL_set_session(fourth.get(), ticket_.get());
  ASSERT_TRUE(shake(fourth.get()));
  EXPECT_EQ(SSL_session_reused(fourth.get()), 0);
}

INSTANTIATE_TEST_SUITE_P(Versions, TlsResumptionTest,
                         testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_F(TlsTest, AStalledReaderGetsEverythingWhenItReturns) {
  test::Feed& feed = feed_;
  feed.end = true;
  for (std::size_t i = 0; feed.bytes.size() < 2'000'000; ++i) feed.bytes += std::to_string(i) + ",";
  const std::string sent = feed.bytes;
  stream_from(feed);
  buffer_bytes_ = 8192;
  const Ssl ssl = begin({"\10http/1.1", 9});
  ASSERT_TRUE(shake(ssl.get()));
  const std::string_view request = "GET / HTTP/1.0\r\nhost: a\r\n\r\n";
  SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
  ASSERT_TRUE(turn_until([this] { return counters_.write_stalls.value() > 0; }));
  turns(5);
  EXPECT_GT(feed.bytes.size(), 1'500'000U);
  std::string got;
  ASSERT_TRUE(turn_until([&] {
    char buffer[65536];
    int length = 0;
    while ((length = SSL_read(ssl.get(), buffer, sizeof buffer)) > 0) {
      got.append(buffer, static_cast<std::size_t>(length));
    }
    return SSL_get_error(ssl.get(), length) != SSL_ERROR_WANT_READ;
  }));
  EXPECT_EQ(SSL_get_shutdown(ssl.get()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN)
      << "the end is a close_notify, not a cut";
  EXPECT_TRUE(got.substr(got.find("\r\n\r\n") + 4) == sent);
}

// More than a turn's budget lies in OpenSSL and the kernel; nothing arrives afterwards to wake us.
TEST_F(TlsTest, ALargeUploadIsReadToItsEnd) {
  const Ssl ssl = begin({"\10http/1.1", 9});
  ASSERT_TRUE(shake(ssl.get()));
  std::string request = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 600000\r\n\r\n";
  request.append(600'000, 'x');
  std::size_t at = 0;
  ASSERT_TRUE(turn_until([&] {
    while (at < request.size()) {
      std::size_t wrote = 0;
      const std::size_t piece = std::min<std::size_t>(16384, request.size() - at);
      if (SSL_write_ex(ssl.get(), request.data() + at, piece, &wrote) != 1) break;
      at += wrote;
    }
    return at == request.size();
  }));
  ASSERT_TRUE(turn_until([this] { return traffic_.requests.size() == 1; }));
  EXPECT_EQ(traffic_.requests[0].body.size(), 600'000U);
}

TEST_F(TlsTest, CloseNotifyEndsAStreamAtOnce) {
  test::Feed& feed = feed_;
  stream_from(feed);
  const Ssl ssl = begin({"\10http/1.1", 9});
  ASSERT_TRUE(shake(ssl.get()));
  SSL_write(ssl.get(), kGet.data(), static_cast<int>(kGet.size()));
  ASSERT_TRUE(turn_until([this] { return session_counters_.exchanges_open.value() == 1; }));
  SSL_shutdown(ssl.get());
  ASSERT_TRUE(turn_until([this] { return counters_.open.value() == 0; }));
  EXPECT_TRUE(feed.destroyed);
}

TEST_F(TlsTest, AnUnfinishedHandshakeTimesOut) {
  options_.handshake_timeout = std::chrono::milliseconds(50);
  const Fd silent = connect(Scheme::https);
  ASSERT_TRUE(turn_until([this] { return counters_.open.value() == 0; }));
  EXPECT_EQ(counters_.handshake_timeouts.value(), 1U);
  EXPECT_EQ(counters_.handshake_failures.value(), 0U);
}

TEST_F(TlsTest, WhoSaysAWholeMessageHasTimeForTheNext) {
  const Ssl slow = begin();
  const Fd slow_socket = std::move(socket_);
  const Fd silent = connect(Scheme::https);
  EXPECT_EQ(SSL_do_handshake(slow.get()), -1) << "a ClientHello";
  const base::MonoTime later = clock_.now() + std::chrono::milliseconds(400);
  ASSERT_TRUE(turn_until([&] { return clock_.now() >= later; }));
  TcpPair pair = TcpPair::make();
  EXPECT_TRUE(
      connections_->add({std::move(pair.server), Scheme::http, Role::traffic, peer_, true}));
  EXPECT_EQ(counters_.closed_half_open.value(), 1U);
  EXPECT_TRUE(shake(slow.get())) << "the other one gave way, which came later";
}

TEST_F(TlsTest, PlainTextOnATlsPortEndsCleanly) {
  const Fd client = connect(Scheme::https);
  send_text(client, kGet);
  Received got;
  ASSERT_TRUE(turn_until([&] {
    take(client, got);
    return got.ended || got.was_reset;
  }));
  EXPECT_FALSE(got.was_reset);
  EXPECT_EQ(counters_.handshake_failures.value(), 1U);
}

TEST_F(TlsTest, ChangesItsKeyBeforeItHasServedTooLong) {
  options_.tls.records_per_key = 4;
  const Ssl ssl = begin({"\10http/1.1", 9});
  static int updates;  // by the server
  updates = 0;
  SSL_set_msg_callback(
      ssl.get(), [](int written, int, int type, const void* bytes, std::size_t, SSL*, void*) {
        const bool update = type == SSL3_RT_HANDSHAKE &&
                            *static_cast<const unsigned char*>(bytes) == SSL3_MT_KEY_UPDATE;
        if (written == 0 && update) ++updates;
      });
  ASSERT_TRUE(shake(ssl.get()));
  for (int i = 0; i < 20; ++i) {
    std::string answer;
    ASSERT_TRUE(get(ssl.get(), answer));
  }
  EXPECT_EQ(updates, 4);
}

TEST_F(TlsTest, AKeyUpdateNowAndThenIsFine) {
  const Ssl ssl = begin({"\10http/1.1", 9});
  ASSERT_TRUE(shake(ssl.get()));
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(SSL_key_update(ssl.get(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(ssl.get()), 1);
    std::string answer;
    ASSERT_TRUE(get(ssl.get(), answer));
  }
}

}  // namespace
}  // namespace gateway::net
