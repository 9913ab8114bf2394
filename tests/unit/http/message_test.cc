#include "http/message.h"

#include <string>

#include <gtest/gtest.h>

namespace gateway::http {
namespace {

TEST(Fields, GivesTheFirstValue) {
  Fields fields;
  fields.add("vary", "origin");
  fields.add("vary", "accept");
  EXPECT_EQ(fields.get("vary"), "origin");
  EXPECT_EQ(fields.get("date"), "");
  EXPECT_TRUE(fields.has("vary"));
  EXPECT_FALSE(fields.has("date"));
}

TEST(Fields, KnowsAnEmptyValueFromNone) {
  Fields fields;
  fields.add("access-control-allow-origin", "");
  EXPECT_TRUE(fields.has("access-control-allow-origin"));
}

TEST(Fields, AppendsAMemberOnce) {
  Fields fields;
  fields.append_member("vary", "origin");
  fields.append_member("vary", "accept");
  fields.append_member("vary", "Origin");
  EXPECT_EQ(fields.get("vary"), "origin, accept");
  EXPECT_EQ(fields.size(), 1U);
}

TEST(Fields, DoesNotTakeAPartOfAMemberForTheMember) {
  Fields fields;
  fields.add("vary", "accept-encoding");
  fields.append_member("vary", "accept");
  EXPECT_EQ(fields.get("vary"), "accept-encoding, accept");
}

TEST(Message, NamesProtocolsAsAlpnDoes) {
  EXPECT_EQ(to_string(Protocol::http1), "http/1.1");
  EXPECT_EQ(to_string(Protocol::http2), "h2");
}

TEST(Message, KnowsReasonPhrases) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(421), "Misdirected Request");
  EXPECT_EQ(reason_phrase(299), "Unknown");
}

TEST(Message, MethodsThatChangeNothingAreFour) {
  for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE"})
    EXPECT_TRUE(is_safe_method(method));
  for (const char* method : {"POST", "PATCH", "get", ""}) EXPECT_FALSE(is_safe_method(method));
}

TEST(Message, ATokenHasNoSeparators) {
  std::string rest;
  for (int c = 0x20; c < 0x7F; ++c) {
    if (!is_token_character(static_cast<char>(c))) rest.push_back(static_cast<char>(c));
  }
  EXPECT_EQ(rest, " \"(),/:;<=>?@[\\]{}");
  for (const char c : {'\0', '\t', '\x7F', '\x80', '\xFF'}) EXPECT_FALSE(is_token_character(c));
}

}  // namespace
}  // namespace gateway::http
