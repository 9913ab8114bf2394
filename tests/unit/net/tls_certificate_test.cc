#include "net/tls_certificate.h"

#include "net/tls.h"
#include "test_certificates.h"

namespace gateway::net {
namespace {

class TlsCertificateTest : public testing::Test {
 protected:
  std::string error_of(const CertificateFiles& files) const {
    const auto made = make_tls_context({{files}, TlsVersion::tls1_2});
    return made.ok() ? "" : made.error().front();
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  Certificates folder_;
  const CertificateFiles good_ = folder_.make("good", "DNS:localhost");
};

TEST_F(TlsCertificateTest, AGoodPairLoads) {
  const auto made = make_tls_context({{good_}, TlsVersion::tls1_2});
  ASSERT_TRUE(made.ok()) << made.error().front();
  EXPECT_NEAR((*made)->days_left(), 30.0, 0.1);
}

TEST_F(TlsCertificateTest, TheEarliestEndCounts) {
  const auto made =
      make_tls_context({{good_, folder_.make("old", "DNS:old", -2)}, TlsVersion::tls1_2});
  ASSERT_TRUE(made.ok()) << "an expired certificate is a warning: " << made.error().front();
  EXPECT_NEAR((*made)->days_left(), -2.0, 0.1);
}

TEST_F(TlsCertificateTest, ErrorsNameTheFileAndSayWhatToDo) {
  const std::string missing = error_of({folder_.path("none.crt"), good_.key});
  EXPECT_TRUE(has(missing, "none.crt")) << missing;
  EXPECT_TRUE(has(missing, "No such file")) << missing;
  const std::string no_key = error_of({good_.certificate, folder_.path("none.key")});
  EXPECT_TRUE(has(no_key, "none.key")) << no_key;
  const std::string directory = error_of({folder_.path(""), good_.key});
  EXPECT_TRUE(has(directory, "cannot read")) << directory;
  const std::string text = error_of({folder_.write("text.crt", "hello"), good_.key});
  EXPECT_TRUE(has(text, "text.crt") && has(text, "PEM")) << text;
  const std::string swapped = error_of({good_.key, good_.certificate});
  EXPECT_TRUE(has(swapped, "holds no certificate")) << swapped;
  const std::string bad_key = error_of({good_.certificate, good_.certificate});
  EXPECT_TRUE(has(bad_key, "holds no private key")) << bad_key;
  const CertificateFiles other = folder_.make("other", "DNS:other");
  const std::string foreign = error_of({good_.certificate, other.key});
  EXPECT_TRUE(has(foreign, "other.key") && has(foreign, "does not belong")) << foreign;
  const auto none = make_tls_context({});
  ASSERT_FALSE(none.ok());
  EXPECT_TRUE(has(none.error().front(), "tls.certificates"));
}

TEST_F(TlsCertificateTest, ABrokenChainIsNoticed) {
  std::ifstream in(good_.certificate);
  const std::string leaf((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_EQ(error_of({folder_.write("chain.crt", leaf + leaf), good_.key}), "");
  const std::string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const std::string error = error_of({folder_.write("cut.crt", leaf + broken), good_.key});
  EXPECT_TRUE(has(error, "after the first")) << error;
}

TEST_F(TlsCertificateTest, NamesComeFromTheAlternatives) {
  const auto loaded = load_certificate(folder_.make("n", "DNS:A.example,DNS:*.b.example,IP:::1"));
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ((*loaded)->names, (std::vector<std::string>{"a.example", "*.b.example"}));
}

TEST_F(TlsCertificateTest, EachMistakeIsNamedByItsPair) {
  const auto made =
      make_tls_context({{{folder_.path("none"), good_.key}, good_, {good_.key, good_.key}}});
  ASSERT_FALSE(made.ok());
  ASSERT_EQ(made.error().size(), 2U);
  EXPECT_TRUE(has(made.error()[0], "tls.certificates[0]: ")) << made.error()[0];
  EXPECT_TRUE(has(made.error()[1], "tls.certificates[2]: ")) << made.error()[1];
}

TEST_F(TlsCertificateTest, TheSamePairIsTheSame) {
  const auto load = [](const CertificateFiles& files) { return load_certificate(files).value(); };
  EXPECT_TRUE(*load(good_) == *load(good_));
  EXPECT_FALSE(*load(good_) == *load(folder_.make("other", "DNS:localhost")));
  std::ifstream in(good_.certificate);
  const std::string leaf((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_FALSE(*load(good_) == *load({folder_.write("chain.crt", leaf + leaf), good_.key}));
}

TEST_F(TlsCertificateTest, OutOfDateItReplacesNothing) {
  const auto running = make_tls_context({{good_}});
  ASSERT_TRUE(running.ok());
  const CertificateFiles old = folder_.make("old", "DNS:old", -2);
  const auto next = make_tls_context({{good_, old}}, running->get());
  ASSERT_FALSE(next.ok());
  EXPECT_TRUE(has(next.error().front(), "old.crt: has expired or is not valid yet"));

  const auto served = make_tls_context({{old}});
  ASSERT_TRUE(served.ok()) << "at the start it is a warning";
  EXPECT_TRUE(make_tls_context({{old, good_}}, served->get()).ok()) << "it is in use already";
}

}  // namespace
}  // namespace gateway::net
