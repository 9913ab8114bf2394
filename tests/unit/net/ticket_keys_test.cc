// Session tickets between two OpenSSL contexts in memory; over sockets see tls_test.cc.
#include "net/ticket_keys.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "test_certificates.h"

namespace gateway::net {
namespace {

using SslContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Ssl = std::unique_ptr<SSL, decltype(&SSL_free)>;
using Session = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

class TicketKeysTest : public testing::TestWithParam<int> {
 protected:
  TicketKeysTest() { SSL_CTX_set_max_proto_version(client_.get(), GetParam()); }

  SslContext server(const TicketKeysRef& keys) {
    SslContext context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    SSL_CTX_use_certificate_file(context.get(), files_.certificate.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context.get(), files_.key.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>("t"), 1);
    keys->install(context.get());
    all_keys_.push_back(keys);
    return context;
  }

  /// A connection that offers the ticket it has, if any, and may get a new one. True: it resumed.
  bool resumes(const SslContext& context, bool keep_ticket = false) {
    const Ssl client(SSL_new(client_.get()), &SSL_free);
    const Ssl serving(SSL_new(context.get()), &SSL_free);
    BIO* one = nullptr;
    BIO* other = nullptr;
    EXPECT_EQ(BIO_new_bio_pair(&one, 0, &other, 0), 1);
    SSL_set_bio(client.get(), one, one);
    SSL_set_bio(serving.get(), other, other);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(serving.get());
    if (session_ != nullptr) SSL_set_session(client.get(), session_.get());
    for (int i = 0; i < 5; ++i) {
      SSL_do_handshake(client.get());
      SSL_do_handshake(serving.get());
    }
    EXPECT_EQ(SSL_is_init_finished(serving.get()), 1);
    char byte = 0;
    SSL_read(client.get(), &byte, 1);  // TLS 1.3 sends its tickets after the handshake
    SSL_set_shutdown(client.get(), SSL_SENT_SHUTDOWN);  // a session that was cut resumes nowhere
    Session session(SSL_get1_session(client.get()), &SSL_SESSION_free);
    is_new_ = ticket_of(session) != ticket_of(session_);
    if (!keep_ticket) session_ = std::move(session);
    return SSL_session_reused(serving.get()) == 1;
  }

  static std::string ticket_of(const Session& session) {
    const unsigned char* ticket = nullptr;
    std::size_t size = 0;
    if (session != nullptr) SSL_SESSION_get0_ticket(session.get(), &ticket, &size);
    return {reinterpret_cast<const char*>(ticket), size};
  }

  std::string file(const std::string& name, char fill) {
    return folder_.write(name, std::string(TicketKeys::kFileBytes, fill));
  }
  TicketKeysRef load(const std::vector<std::string>& files) {
    auto loaded = TicketKeys::load(files);
    EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : loaded.error().message);
    return loaded.ok() ? *loaded : TicketKeys::make_random();
  }

  Certificates folder_;
  const CertificateFiles files_ = folder_.make("good", "DNS:localhost");
  SslContext client_{SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
  Session session_{nullptr, &SSL_SESSION_free};
  std::vector<TicketKeysRef> all_keys_;  // outlive the contexts
  bool is_new_ = false;                  // the last connection got a ticket
};

TEST_P(TicketKeysTest, AllContextsWithTheKeysResume) {
  const TicketKeysRef keys = TicketKeys::make_random();
  const SslContext one = server(keys);
  const SslContext other = server(keys);
  EXPECT_FALSE(resumes(one));
  EXPECT_TRUE(resumes(one));
  EXPECT_TRUE(resumes(other));
  EXPECT_FALSE(resumes(server(TicketKeys::make_random())));
}

TEST_P(TicketKeysTest, TheKeyBeforeIsAcceptedStillAndRenewed) {
  const TicketKeysRef keys = TicketKeys::make_random();
  const SslContext context = server(keys);
  EXPECT_FALSE(resumes(context));
  for (std::size_t i = 0; i < TicketKeys::kRotatedKept; ++i) {
    keys->rotate();
    EXPECT_TRUE(resumes(context, true)) << i;
    EXPECT_TRUE(is_new_) << "one under the key of today";
  }
  keys->rotate();
  EXPECT_FALSE(resumes(context)) << "its key is gone";
  EXPECT_TRUE(resumes(context));
}

TEST_P(TicketKeysTest, TheFirstFileEncryptsAndAllDecrypt) {
  const std::string a = file("a", 'a');
  const std::string b = file("b", 'b');
  const SslContext first = server(load({a}));
  const SslContext both = server(load({b, a}));
  const SslContext second = server(load({b}));
  EXPECT_FALSE(resumes(first));
  EXPECT_FALSE(resumes(second));
  EXPECT_FALSE(resumes(first));
  EXPECT_TRUE(resumes(both)) << "and the new ticket is under b";
  EXPECT_TRUE(resumes(second));
  EXPECT_FALSE(resumes(first));
}

TEST_P(TicketKeysTest, KeysOfFilesStayWhatTheyAre) {
  const TicketKeysRef keys = load({file("a", 'a')});
  EXPECT_FALSE(keys->random());
  EXPECT_TRUE(TicketKeys::make_random()->random());
  const SslContext context = server(keys);
  EXPECT_FALSE(resumes(context));
  for (int i = 0; i < 5; ++i) keys->rotate();
  EXPECT_TRUE(resumes(context));
}

TEST_P(TicketKeysTest, BadFilesAreNamed) {
  const std::string good = file("good", 'a');
  const auto error = [&](const std::string& bad) {
    const auto loaded = TicketKeys::load({good, bad});
    return loaded.ok() ? std::string() : loaded.error().message;
  };
  EXPECT_NE(error(folder_.write("short", std::string(48, 'x')))
                .find("short: a ticket key has 80 bytes, this file 48"),
            std::string::npos);
  EXPECT_NE(error(folder_.path("none")).find("none: cannot read the ticket key"),
            std::string::npos);
  EXPECT_EQ(error(file("other", 'o')), "");
}

INSTANTIATE_TEST_SUITE_P(Versions, TicketKeysTest, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

}  // namespace
}  // namespace gateway::net
