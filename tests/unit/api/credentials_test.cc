#include "api/credentials.h"

#include <gtest/gtest.h>

#include "support/fake_exchange.h"

namespace gateway::api {
namespace {

using Place = Credentials::Place;

struct Row {
  const char* authorization;  // null: no such field
  const char* cookie;
  const char* query;
  Place place;
  const char* token;
};

constexpr Row kRows[] = {
    {nullptr, nullptr, "boards=a", Place::nowhere, ""},
    {"Bearer t", nullptr, "", Place::authorization, "t"},
    {"bearer   t ", nullptr, "", Place::authorization, "t"},
    {"BEARER t", "c=u", "access_token=v", Place::authorization, "t"},
    {"Basic dDp0", "c=u", "access_token=v", Place::query, "v"},
    {"Basic dDp0", "c=u", "", Place::cookie, "u"},
    {"Bearers t", "c=u", "", Place::cookie, "u"},
    {"Bearer", "c=u", "", Place::authorization, ""},
    {"", "c=u", "", Place::cookie, "u"},
    {"Bearer t, Bearer u", nullptr, "", Place::authorization, "t, Bearer u"},
    {nullptr, "c=t", "", Place::cookie, "t"},
    {nullptr, "a=b; c=t; d=e", "", Place::cookie, "t"},
    {nullptr, "a=b;c=t", "", Place::cookie, "t"},
    {nullptr, "c=\"t\"", "", Place::cookie, "t"},
    {nullptr, "c=", "", Place::nowhere, ""},
    {nullptr, "c=\"\"", "", Place::nowhere, ""},
    {nullptr, "c=; c=t", "", Place::cookie, "t"},
    {nullptr, "c=t; c=u", "", Place::cookie, ""},
    {nullptr, "cc=t; C=t; c", "", Place::nowhere, ""},
    {nullptr, "c=u", "access_token=t", Place::query, "t"},
    {nullptr, nullptr, "boards=a&access_token=t&limit=1", Place::query, "t"},
    {nullptr, nullptr, "access_token=", Place::query, ""},
    {nullptr, nullptr, "access_token", Place::query, ""},
    {nullptr, nullptr, "access_token=t&access_token=t", Place::query, ""},
    {nullptr, nullptr, "xaccess_token=t&access_tokens=t", Place::nowhere, ""},
};

Credentials found(const Row& row, const auth::Options& options) {
  http::Request request = test::make_request("GET", std::string("/events?") + row.query);
  if (row.authorization != nullptr) request.fields.add("authorization", row.authorization);
  if (row.cookie != nullptr) request.fields.add("cookie", row.cookie);
  return find_credentials(request, options);
}

TEST(Credentials, AreFoundWhereTheyMayStand) {
  auth::Options options;
  options.cookie = "c";
  options.query_token = true;
  for (const Row& row : kRows) {
    const Credentials credentials = found(row, options);
    const std::string shown = std::string(row.authorization == nullptr ? "-" : row.authorization) +
                              " | " + (row.cookie == nullptr ? "-" : row.cookie) + " | " +
                              row.query;
    EXPECT_EQ(credentials.place, row.place) << shown;
    EXPECT_EQ(credentials.token, row.token) << shown;
  }
}

TEST(Credentials, AreNotLookedForWhereTheyMayNotStand) {
  auth::Options options;
  options.cookie.clear();
  EXPECT_EQ(found({nullptr, "c=t; =t", "access_token=t", {}, ""}, options).place, Place::nowhere);
}

TEST(Credentials, AreNotKeptBeyondWhatATokenMayBe) {
  auth::Options options;
  options.cookie = "c";
  const std::string longest(auth::kTokenBytesMax, 't');
  EXPECT_EQ(found({("Bearer " + longest).c_str(), nullptr, "", {}, ""}, options).token, longest);
  const std::string field = "Bearer " + longest + longest;
  const std::string cookie = "c=" + longest + longest;
  EXPECT_EQ(found({field.c_str(), nullptr, "", {}, ""}, options).token, longest + 't');
  EXPECT_EQ(found({nullptr, cookie.c_str(), "", {}, ""}, options).token, longest + 't');
}

TEST(Credentials, LeaveTheQuery) {
  EXPECT_EQ(without_token("access_token=t"), "");
  EXPECT_EQ(without_token("a=1&access_token=t&b=%26"), "a=1&b=%26");
  EXPECT_EQ(without_token("access_token=t&access_token=u&a"), "a");
  EXPECT_EQ(without_token("a=access_token&xaccess_token=1"), "a=access_token&xaccess_token=1");
}

}  // namespace
}  // namespace gateway::api
