// Certificates of clients: which count, whom they name, and that a ticket never brings back one
// that other CAs had vouched for.
#include "net/client_authority.h"

#include "net/certificate_names.h"
#include "tls_world.h"

namespace gateway::net {
namespace {

constexpr std::string_view kHttp1 = "\10http/1.1";

class ClientAuthorityTest : public TlsWorld {
 protected:
  ClientAuthorityTest() { ask(ca_.certificate); }

  void ask(const std::string& client_ca) {
    TlsOptions options{{server_}};
    options.client_ca = client_ca;
    use(options);
    traffic_.on_handle = [this](http::Exchange& exchange) {
      const auto& shown = exchange.peer().certificate;
      seen_ = shown ? shown->names : std::vector<std::string>{"nobody"};
      ends_ = shown ? shown->ends : 0;
      exchange.respond({200, {}, "GET /"});
    };
  }
  CertificateFiles issue(const std::string& name, const std::string& alternatives,
                         const std::string& usage = "clientAuth", long days = 30) {
    return certificates_.make(name, {alternatives, usage, false, days}, &ca_);
  }
  /// The answer's certificate is this one from now on.
  void show(const CertificateFiles& files) {
    SSL_CTX_use_certificate_chain_file(client_context_.get(), files.certificate.c_str());
    SSL_CTX_use_PrivateKey_file(client_context_.get(), files.key.c_str(), SSL_FILETYPE_PEM);
  }
  /// Whom the server sees; {"refused"} when it ends the handshake.
  std::vector<std::string> seen(bool resume = false) {
    const std::uint64_t refused = counters_.client_certificates_refused.value();
    Ssl ssl = begin(kHttp1);
    if (resume) SSL_set_session(ssl.get(), ticket_.get());
    seen_ = {"refused"};
    std::string answer;
    const bool shaken = shake(ssl.get());  // TLS 1.3: the client's part is over before it is judged
    resumed_ = SSL_session_reused(ssl.get()) == 1;
    if (shaken) {
      SSL_write(ssl.get(), kGet.data(), static_cast<int>(kGet.size()));
      turn_until([&] {
        char buffer[4096];
        const int got = SSL_read(ssl.get(), buffer, sizeof buffer);
        if (got > 0) answer.append(buffer, static_cast<std::size_t>(got));
        return answer.find("GET /") != std::string::npos ||
               counters_.client_certificates_refused.value() > refused;
      });
    }
    SSL_set_shutdown(ssl.get(), SSL_SENT_SHUTDOWN);  // a session that was cut resumes nowhere
    return seen_;
  }
  std::string error_of(const std::string& file) {
    const auto loaded = ClientAuthority::load(file);
    return loaded ? "" : loaded.error().message;
  }

  using Names = std::vector<std::string>;

  CertificateFiles server_ = certificates_.make("server", "DNS:localhost");
  CertificateFiles ca_ = certificates_.make("ca", {"", "", true});
  CertificateFiles other_ca_ = certificates_.make("other-ca", {"", "", true});
  Names seen_;
  base::WallMs ends_ = 0;
  bool resumed_ = false;
};

TEST_F(ClientAuthorityTest, AClientWithoutOneIsServedAsBefore) {
  EXPECT_EQ(seen(), Names{"nobody"});
  EXPECT_EQ(counters_.client_certificates.value(), 0U);
}

TEST_F(ClientAuthorityTest, AGoodOneNamesItsClient) {
  show(issue("cn", "DNS:Pub.example,URI:spiffe://x/Y,email:a@b.example,IP:127.0.0.1"));
  EXPECT_EQ(seen(), (Names{"pub.example", "spiffe://x/Y", "a@b.example"}));
  EXPECT_NEAR(static_cast<double>(ends_ - clock_.wall_ms()), 30 * 86'400'000.0, 60'000);
  EXPECT_EQ(counters_.client_certificates.value(), 1U);
}

TEST_F(ClientAuthorityTest, TheCommonNameCountsAloneAndNotBesideAlternatives) {
  show(issue("the name", ""));
  EXPECT_EQ(seen(), Names{"the name"});
  show(issue("admin.example", "IP:127.0.0.1"));
  EXPECT_EQ(seen(), Names{});
}

TEST_F(ClientAuthorityTest, NamesThatCouldPassForOthersAreNone) {
  for (const std::string& name : {std::string("admin\0.evil", 11), std::string("line\nbreak")}) {
    show(certificates_.make("odd", {"", "clientAuth", false, 30, name}, &ca_));
    EXPECT_EQ(seen(), Names{}) << name;
  }
}

TEST_F(ClientAuthorityTest, NamesOfAnotherKindAreNone) {
  for (const char* name : {"email:pub.example", "email:a@b@c.example", "email:spiffe://x@y",
                           "DNS:spiffe://x/admin", "DNS:a@b.example", "URI:pub.example"}) {
    show(issue("cn", name));
    EXPECT_EQ(seen(), Names{}) << name;
  }
  for (const char* name : {"spiffe://x/admin", "a@b.example"}) {
    show(certificates_.make("odd", {"", "clientAuth", false, 30, name}, &ca_));
    EXPECT_EQ(seen(), Names{}) << name;
  }
}

TEST_F(ClientAuthorityTest, WhatDoesNotVerifyEndsTheHandshake) {
  const CertificateFiles foreign =
      certificates_.make("foreign", {"DNS:a", "clientAuth"}, &other_ca_);
  const CertificateFiles self = certificates_.make("self", "DNS:a");
  std::uint64_t refused = 0;
  for (const CertificateFiles& bad : {foreign, self, issue("old", "DNS:a", "clientAuth", -1),
                                      issue("server-only", "DNS:a", "serverAuth")}) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      SSL_CTX_set_max_proto_version(client_context_.get(), version);
      show(bad);
      EXPECT_EQ(seen(), Names{"refused"}) << bad.certificate;
      EXPECT_EQ(counters_.client_certificates_refused.value(), ++refused);
    }
  }
  EXPECT_EQ(counters_.handshake_failures.value(), refused);
  show(issue("any-use", "DNS:a", ""));
  EXPECT_EQ(seen(), Names{"a"});
}

TEST_F(ClientAuthorityTest, ACaBelowARootVouchesByItself) {
  const CertificateFiles middle = certificates_.make("middle", {"", "", true}, &ca_);
  const CertificateFiles leaf = certificates_.make("leaf", {"DNS:a", "clientAuth"}, &middle);
  ask(middle.certificate);
  show(leaf);
  EXPECT_EQ(seen(), Names{"a"});
  ask(ca_.certificate);
  EXPECT_EQ(seen(), Names{"refused"}) << "the one in between is not shown";
  const std::string chain =
      Certificates::text_of(leaf.certificate) + Certificates::text_of(middle.certificate);
  show({certificates_.write("chain.crt", chain), leaf.key});
  EXPECT_EQ(seen(), Names{"a"});
}

class ClientTicketTest : public ClientAuthorityTest, public testing::WithParamInterface<int> {};

TEST_P(ClientTicketTest, ATicketBringsTheCertificateUnderTheSameCasAlone) {
  SSL_CTX_set_max_proto_version(client_context_.get(), GetParam());
  const CertificateFiles mine = issue("cn", "DNS:a");
  show(mine);
  ASSERT_EQ(seen(), Names{"a"});
  EXPECT_EQ(seen(true), Names{"a"});
  EXPECT_TRUE(resumed_);
  ask(ca_.certificate);  // the same, read again
  EXPECT_EQ(seen(true), Names{"a"});
  EXPECT_TRUE(resumed_);

  const Session under_ca(SSL_SESSION_dup(ticket_.get()), &SSL_SESSION_free);
  ask(other_ca_.certificate);
  EXPECT_EQ(seen(true), Names{"refused"}) << "it is verified anew, and nobody vouches for it";
  EXPECT_FALSE(resumed_);
  ask("");
  ticket_.reset(SSL_SESSION_dup(under_ca.get()));
  EXPECT_EQ(seen(true), Names{"nobody"});
  EXPECT_FALSE(resumed_);

  const std::string both =
      Certificates::text_of(other_ca_.certificate) + Certificates::text_of(ca_.certificate);
  ask(certificates_.write("both.crt", both));
  ticket_.reset(SSL_SESSION_dup(under_ca.get()));
  EXPECT_EQ(seen(true), Names{"a"}) << "by a handshake of its own";
  EXPECT_FALSE(resumed_);
}

INSTANTIATE_TEST_SUITE_P(Versions, ClientTicketTest,
                         testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_F(ClientAuthorityTest, AFileThatIsNotRightSaysWhatIs) {
  const auto has = [this](const std::string& file, const std::string& part) {
    EXPECT_NE(error_of(file).find(part), std::string::npos) << error_of(file);
  };
  has(certificates_.path("none.crt"), "cannot read the CA of clients");
  has(certificates_.write("text.crt", "hello"), "holds no certificate in PEM form");
  has(issue("cn", "DNS:a").certificate, "/CN=cn is no CA");
  const std::string one = Certificates::text_of(ca_.certificate);
  has(certificates_.write("broken.crt", one + "-----BEGIN CERTIFICATE-----\nAAAA\n"), "is broken");
  std::string many;
  for (std::size_t i = 0; i <= kClientAuthoritiesMax; ++i) many += one;
  has(certificates_.write("many.crt", many), "more than 64");
  EXPECT_EQ(error_of(certificates_.write("twice.crt", one + one)), "");
}

TEST_F(ClientAuthorityTest, ABadFileKeepsWhatIsInUse) {
  TlsOptions options{{server_}};
  options.client_ca = certificates_.write("clients.crt", Certificates::text_of(ca_.certificate));
  use(options);
  EXPECT_FALSE(renew_tls_context(options, *tls_).context) << "nothing has changed";
  certificates_.write("clients.crt", "broken");
  const TlsRenewal bad = renew_tls_context(options, *tls_);
  ASSERT_EQ(bad.problems.size(), 1U);
  EXPECT_NE(bad.problems[0].find("tls.client_ca: "), std::string::npos) << bad.problems[0];
  EXPECT_FALSE(bad.context);
  EXPECT_FALSE(make_tls_context(options, tls_.get()).ok()) << "all or nothing";
  certificates_.write("clients.crt", Certificates::text_of(other_ca_.certificate));
  EXPECT_TRUE(renew_tls_context(options, *tls_).context);
}

}  // namespace
}  // namespace gateway::net
