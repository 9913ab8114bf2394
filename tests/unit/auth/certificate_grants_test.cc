#include "auth/certificate_grants.h"

#include "auth/claims.h"
#include "auth/gate.h"
#include "unit/auth/auth_world.h"

namespace gateway::test {
namespace {

using Names = std::vector<std::string>;

struct Certificates : testing::Test, AuthWorld {
  Certificates() {
    options.anonymous = {{"news-*"}, {}};
    options.certificates = {{"a.example", {"team-*"}, {"a"}, false},
                            {"root@b.example", {}, {}, true},
                            {"b.example", {}, {"b"}, false}};
  }
  auth::Gate make() { return auth::Gate(options, source, clock, random); }
  /// The subject of whoever goes by `names`; "-": nothing of his own is granted.
  std::string who(const Names& names) {
    auth::CertificateGrants grants(options);
    const auth::Grant* const found = grants.find(names, later());
    return found == nullptr ? "-" : found->subject;
  }
  base::WallMs later() const { return clock.wall_ms() + 60'000; }

  base::SeededRandom random{7};
  std::shared_ptr<auth::KeySource> source = std::make_shared<auth::KeySource>(keys);
};

TEST_F(Certificates, AreHeldAgainstWholeNames) {
  EXPECT_EQ(who({"a.example"}), "a.example");
  for (const char* other : {"x.a.example", "a.exampl", "A.example", "a.example.", "", "*"}) {
    EXPECT_EQ(who({other}), "-") << other;
  }
}

TEST_F(Certificates, CountByTheFirstOfTheOptionsThatNamesThem) {
  EXPECT_EQ(who({"x", "b.example"}), "b.example");
  EXPECT_EQ(who({"b.example", "root@b.example"}), "root@b.example");
  EXPECT_EQ(who({"root@b.example", "b.example"}), "root@b.example");
  auth::CertificateGrants grants(options);
  const Names both = {"b.example", "a.example"};
  const auth::Grant* const grant = grants.find(both, later());
  ASSERT_NE(grant, nullptr);
  EXPECT_EQ(grant->subject, "a.example");
  EXPECT_EQ(grant->proof, auth::Proof::certificate);
  EXPECT_TRUE(grant->may_publish("a") && grant->may_subscribe("team-x"));
  EXPECT_TRUE(grant->may_subscribe("news-1")) << "as anybody";
  EXPECT_FALSE(grant->may_publish("b") || grant->admin || grant->may_subscribe("b"));
  EXPECT_EQ(grant->ends, later());
}

TEST_F(Certificates, OfAnybodyAreOfTheirFirstName) {
  options.certificates.insert(options.certificates.begin() + 1, {"*", {"all"}, {}, false});
  EXPECT_EQ(who({"x", "y"}), "x");
  EXPECT_EQ(who({"x", "a.example"}), "a.example");
  EXPECT_EQ(who({"x", "b.example"}), "x") << "it stands behind";
  EXPECT_EQ(who({}), "-") << "nobody in particular";
}

TEST_F(Certificates, ThatNothingIsGrantedToAreAsGoodAsNone) {
  auth::Gate gate = make();
  const Names names = {"c.example"};
  EXPECT_EQ(*gate.admit_certificate(names, later()), &gate.without_token());
  EXPECT_EQ(*gate.admit_certificate(names, 0), &gate.without_token()) << "expired or not";
}

TEST_F(Certificates, AreOverAtTheirEndWithoutLeeway) {
  auth::Gate gate = make();
  const Names names = {"a.example"};
  const base::WallMs ends = later();
  clock.advance(std::chrono::milliseconds(59'999));
  ASSERT_TRUE(gate.admit_certificate(names, ends));
  clock.advance(std::chrono::milliseconds(1));
  const auto over = gate.admit_certificate(names, ends);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().kind, auth::Refusal::Kind::expired);
  EXPECT_EQ(gate.counters().refused_expired.value(), 1U);
  auth::Grant grant;
  grant.ends = ends;
  grant.proof = auth::Proof::token;
  EXPECT_EQ(auth::last_moment(grant, options), ends + 60'000);
}

TEST_F(Certificates, FollowTheOptions) {
  auth::Gate gate = make();
  const Names names = {"a.example"};
  ASSERT_TRUE((*gate.admit_certificate(names, later()))->may_publish("a"));
  options.certificates[0].publish = {"other"};
  gate.use(options, source);
  EXPECT_FALSE((*gate.admit_certificate(names, later()))->may_publish("a"));
  EXPECT_TRUE((*gate.admit_certificate(names, later()))->may_publish("other"));
  options.certificates.clear();
  gate.use(options, source);
  EXPECT_EQ(*gate.admit_certificate(names, later()), &gate.without_token());
}

}  // namespace
}  // namespace gateway::test
