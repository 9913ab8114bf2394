#include "client/token.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gateway::client {
namespace {

using testing::StartsWith;

class TokenTest : public testing::Test {
 protected:
  ~TokenTest() override { std::filesystem::remove(file_); }
  void write(const std::string& text) { std::ofstream(file_) << text; }
  std::string problem(const std::string& text) {
    const auto token = Token::find("", text, "THERE");
    return token ? "" : token.error().message;
  }

  const std::string file_ =
      std::filesystem::temp_directory_path() / ("token-" + std::to_string(getpid()));
};

TEST_F(TokenTest, NoneIsShownWhereNoneIsNamed) {
  const auto token = Token::find("", "", "THERE");
  ASSERT_TRUE(token);
  EXPECT_TRUE(token->empty());
}

TEST_F(TokenTest, TheFileGoesFirstAndWhatSurroundsATokenIsNoPartOfIt) {
  write("\n a.b.c\r\n");
  const auto token = Token::find(file_, "x.y.z", "THERE");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->field(), "authorization: Bearer a.b.c");
  EXPECT_EQ(token->place(), file_);
  const auto other = Token::find("", "x.y.z", "THERE");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->field(), "authorization: Bearer x.y.z");
  EXPECT_EQ(other->place(), "THERE");
}

TEST_F(TokenTest, ARenewedFileIsSeenAndABrokenOneIsNot) {
  write("old");
  auto token = Token::find(file_, "", "");
  ASSERT_TRUE(token);
  for (const char* broken : {"", "\n", "half a\nfile"}) {
    write(broken);
    token->refresh();
    EXPECT_EQ(token->field(), "authorization: Bearer old");
  }
  std::filesystem::remove(file_);
  token->refresh();
  EXPECT_EQ(token->field(), "authorization: Bearer old");
  write("new");
  token->refresh();
  EXPECT_EQ(token->field(), "authorization: Bearer new");
}

TEST_F(TokenTest, NothingElseCanStandInTheField) {
  EXPECT_EQ(problem("a.b.c\r\nhost: other"), "THERE holds something else than one token");
  EXPECT_EQ(problem("Bearer a.b.c"), "THERE holds something else than one token");
  EXPECT_EQ(problem("a\x01"), "THERE holds something else than one token");
  EXPECT_EQ(problem("\xc3\xa9"), "THERE holds something else than one token");
  EXPECT_EQ(problem(std::string(65 * 1024, 'a')), "THERE holds something else than one token");
  EXPECT_EQ(problem(" \n"), "THERE holds no token");
  const auto nowhere = Token::find("nowhere", "a.b.c", "");
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().message, StartsWith("nowhere cannot be read ("));
}

}  // namespace
}  // namespace gateway::client
