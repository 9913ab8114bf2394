#include "api/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api.h"
#include "unit/api/api_world.h"

namespace gateway::api {
namespace {

using test::ApiWorld;
using test::FakeExchange;
using testing::HasSubstr;

class PagesTest : public testing::Test {
 protected:
  PagesTest() { world.options.page = true; }

  http::Response ask(const char* target, const char* accept = "") {
    FakeExchange exchange("GET", target);
    if (*accept != '\0') exchange.mutable_request().fields.add("accept", accept);
    make_traffic_api(world.context())->handle(exchange);
    return exchange.response();
  }

  ApiWorld world;
};

TEST_F(PagesTest, BrowsersGetThePageAndCurlTheLines) {
  const http::Response page = ask("/", "text/html,*/*;q=0.8");
  EXPECT_EQ(page.fields.get("content-type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.body, HasSubstr("<!doctype html>"));
  EXPECT_THAT(std::string(page.fields.get("vary")), HasSubstr("accept"));
  const http::Response lines = ask("/", "*/*");
  EXPECT_EQ(lines.fields.get("content-type"), "text/plain; charset=utf-8");
  EXPECT_THAT(std::string(lines.fields.get("vary")), HasSubstr("accept"));
  world.options.page = false;
  EXPECT_EQ(ask("/", "text/html").fields.get("content-type"), "text/plain; charset=utf-8");
}

TEST_F(PagesTest, EveryFileIsServedByItsNameAlone) {
  ASSERT_FALSE(page_files().empty());
  for (const PageFile& file : page_files()) {
    const http::Response answer = ask(("/page/" + std::string(file.name)).c_str());
    EXPECT_EQ(answer.status, 200) << file.name;
    EXPECT_EQ(answer.body, file.text);
    EXPECT_EQ(answer.fields.get("x-content-type-options"), "nosniff");
  }
  for (const char* other : {"/page/nothing.js", "/page/..", "/page/%2e%2e%2fadmin.cc", "/page/"}) {
    EXPECT_EQ(ask(other).status, 404) << other;
  }
}

TEST_F(PagesTest, NothingInlineRunsAndNothingForeignLoads) {
  for (const PageFile& file : page_files()) {
    const std::string policy(page_file(file.name).fields.get("content-security-policy"));
    EXPECT_THAT(policy, HasSubstr("default-src 'self';"));
    EXPECT_THAT(policy, HasSubstr("form-action 'none'"));
    EXPECT_THAT(policy, testing::Not(HasSubstr("unsafe")));
  }
}

TEST_F(PagesTest, TheAdminListenerShowsBrowsersTheDashboard) {
  const auto admin = make_admin_api(world.context());
  const auto asked = [&admin](const char* target, const char* accept) {
    FakeExchange exchange("GET", target);
    exchange.mutable_request().fields.add("accept", accept);
    admin->handle(exchange);
    return exchange.response();
  };
  const http::Response page = asked("/", "text/html,*/*;q=0.8");
  EXPECT_EQ(page.body, dashboard_file("index.html").body);
  EXPECT_THAT(page.body, HasSubstr("<!doctype html>"));
  const http::Response lines = asked("/", "*/*");
  EXPECT_THAT(lines.body, HasSubstr("/admin/streams"));
  for (const http::Response& answer : {page, lines}) {
    EXPECT_THAT(std::string(answer.fields.get("vary")), HasSubstr("accept"));
  }
  ASSERT_FALSE(dashboard_files().empty());
  for (const PageFile& file : dashboard_files()) {
    const http::Response answer = asked(("/dashboard/" + std::string(file.name)).c_str(), "*/*");
    EXPECT_EQ(answer.body, file.text) << file.name;
    const std::string policy(answer.fields.get("content-security-policy"));
    EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'self';"));
    EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
    EXPECT_THAT(policy, HasSubstr("require-trusted-types-for 'script'; trusted-types 'none'"));
    EXPECT_THAT(policy, testing::Not(HasSubstr("unsafe")));
  }
  EXPECT_EQ(asked("/dashboard/..", "*/*").status, 404);
}

TEST_F(PagesTest, ThePageLearnsWhereElseTheGatewayListens) {
  EXPECT_EQ(ask("/page/listeners").body,
            "{\"listeners\":[\"https://127.0.0.1:8443\",\"http://127.0.0.1:8080\"]}\n");
  world.options.page = false;
  EXPECT_EQ(ask("/page/listeners").status, 404);
}

}  // namespace
}  // namespace gateway::api
