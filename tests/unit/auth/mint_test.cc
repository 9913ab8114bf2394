#include "auth/mint.h"

#include "unit/auth/auth_world.h"

namespace gateway::test {
namespace {

struct Minted : testing::Test, AuthWorld {
  auth::TokenWish wish{{"team-*"}, {"board-1"}, "ann", options.issuer, options.audience};
  std::string error(const auth::KeyFile& key) {
    const auto token = auth::mint(key, wish, clock.wall_ms());
    return token ? "" : token.error().message;
  }
};

TEST_F(Minted, TokensCount) {
  wish.admin = true;
  const auto token = auth::mint(options.keys[0], wish, clock.wall_ms());
  ASSERT_TRUE(token) << token.error().message;
  const auto grant = verify(*token);
  ASSERT_TRUE(grant) << grant.error().why;
  EXPECT_EQ(grant->subject, "ann");
  EXPECT_EQ(grant->subscribe, auth::NameSet(wish.subscribe));
  EXPECT_EQ(grant->publish, wish.publish);
  EXPECT_TRUE(grant->admin);
  EXPECT_EQ(grant->ends, clock.wall_ms() / 1000 * 1000 + 3'600'000);
}

TEST_F(Minted, ByEveryAlgorithm) {
  for (const char* const alg : {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256",
                                "PS384", "PS512", "ES256", "ES384", "ES512"}) {
    const std::string name(alg);
    const std::string text = name[0] == 'H'   ? std::string(64, 's')
                             : name[0] != 'E' ? to_pem(rsa, true)
                                              : to_pem(new_ec(name == "ES256"   ? "P-256"
                                                              : name == "ES384" ? "P-384"
                                                                                : "P-521"),
                                                       true);
    options.keys = {{folder.write(name, text), name, "k"}};
    keys = *auth::load_key_set(options);
    const auto token = auth::mint(options.keys[0], wish, clock.wall_ms());
    ASSERT_TRUE(token) << name << token.error().message;
    EXPECT_TRUE(verify(*token)) << name;
  }
}

TEST_F(Minted, ChooseAnAlgorithmWhereNoneIsSaid) {
  const auto starts = [](const base::Result<std::string>& token, const std::string& header) {
    return token && token->starts_with(base64url(header).substr(0, 18));
  };
  const auto mint = [&](const std::string& text) {
    return auth::mint({folder.write("key", text), "", ""}, wish, clock.wall_ms());
  };
  EXPECT_TRUE(starts(mint(std::string(32, 's')), R"({"alg":"HS256",)"));
  EXPECT_TRUE(starts(mint(to_pem(rsa, true)), R"({"alg":"RS256",)"));
  EXPECT_TRUE(starts(mint(to_pem(ec, true)), R"({"alg":"ES256",)"));
}

TEST_F(Minted, SayWhatIsWrong) {
  EXPECT_NE(error({folder.write("public", to_pem(rsa)), "", ""}).find("cannot sign"),
            std::string::npos);
  EXPECT_NE(error({folder.missing(), "", ""}).find("cannot be read"), std::string::npos);
  wish.subscribe = {"a*b"};
  EXPECT_NE(error(options.keys[0]).find("neither a board"), std::string::npos);
  wish.subscribe = {"\xFF"};
  EXPECT_NE(error(options.keys[0]).find("neither a board"), std::string::npos);
  wish.subscribe = {"a"};
  for (const char* const subject : {"two\nlines", "\xC2\x85"}) {
    wish.subject = subject;
    EXPECT_NE(error(options.keys[0]).find("would not count: sub"), std::string::npos);
  }
  wish.subject = std::string(257, 's');
  EXPECT_NE(error(options.keys[0]).find("would not count: sub"), std::string::npos);
  wish.subject = "ann";
  wish.subscribe.assign(40, std::string(250, 'b'));
  EXPECT_NE(error(options.keys[0]).find("8 KiB"), std::string::npos);
}

}  // namespace
}  // namespace gateway::test
