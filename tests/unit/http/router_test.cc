#include "http/router.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace gateway::http {
namespace {

using Outcome = Router::Outcome;

class SilentExchange final : public Exchange {
 public:
  const Request& request() const override { return request_; }
  const Peer& peer() const override { return peer_; }
  void respond(Response) override {}
  void respond_stream(Response, std::unique_ptr<BodySource>) override {}
  void wake() override {}
  void abort() override {}

 private:
  Request request_;
  Peer peer_;
};

class RouterTest : public ::testing::Test {
 protected:
  /// An action that writes down its name and parameter.
  Router::Action named(std::string name) {
    return [this, name = std::move(name)](Exchange&, std::string_view parameter) {
      called_ = name + ":" + std::string(parameter);
    };
  }
  std::string run(std::string_view method, std::string_view path) {
    const Router::Match match = router_.match(method, path);
    called_.clear();
    if (match.outcome == Outcome::found) (*match.action)(exchange_, match.parameter);
    return called_;
  }

  Router router_;
  std::string called_;
  SilentExchange exchange_;
};

TEST_F(RouterTest, FindsByMethodAndWholePath) {
  router_.add("GET", "/events", named("subscribe"));
  router_.add("POST", "/events", named("publish"));
  router_.add("GET", "/", named("page"));
  EXPECT_EQ(run("GET", "/events"), "subscribe:");
  EXPECT_EQ(run("POST", "/events"), "publish:");
  EXPECT_EQ(run("GET", "/"), "page:");
  for (const char* unknown : {"", "/event", "/events/", "/events/x", "/eventsx", "//", "*"}) {
    EXPECT_EQ(router_.match("GET", unknown).outcome, Outcome::not_found) << unknown;
  }
}

TEST_F(RouterTest, ServesHeadByGet) {
  router_.add("GET", "/a", named("get"));
  router_.add("POST", "/b", named("post"));
  router_.add("GET", "/c", named("get"));
  router_.add("HEAD", "/c", named("own head"));
  EXPECT_EQ(run("HEAD", "/a"), "get:");
  EXPECT_EQ(router_.match("HEAD", "/b").outcome, Outcome::method_not_allowed);
  EXPECT_EQ(run("HEAD", "/c"), "own head:");
}

TEST_F(RouterTest, NamesWhatIsAllowed) {
  router_.add("GET", "/events", named("subscribe"));
  router_.add("POST", "/events", named("publish"));
  router_.add("HEAD", "/own", named("head"));
  router_.add("GET", "/own", named("get"));
  router_.add("OPTIONS", "/own", named("options"));
  const Router::Match match = router_.match("DELETE", "/events");
  EXPECT_EQ(match.outcome, Outcome::method_not_allowed);
  EXPECT_EQ(match.action, nullptr);
  EXPECT_EQ(match.allow, "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(router_.allow("/events"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(router_.allow("/own"), "HEAD, GET, OPTIONS");
  EXPECT_EQ(router_.allow("/unknown"), "");
}

TEST_F(RouterTest, ComparesMethodsByteForByte) {
  router_.add("GET", "/events", named("subscribe"));
  EXPECT_EQ(router_.match("get", "/events").outcome, Outcome::method_not_allowed);
  EXPECT_EQ(router_.match("", "/events").outcome, Outcome::method_not_allowed);
}

TEST_F(RouterTest, TakesOneTrailingSegmentAsParameter) {
  router_.add("DELETE", "/admin/streams/{id}", named("kick"));
  router_.add("GET", "/admin/streams", named("list"));
  EXPECT_EQ(run("DELETE", "/admin/streams/abc%2Fd"), "kick:abc%2Fd");
  EXPECT_EQ(run("GET", "/admin/streams"), "list:");
  EXPECT_EQ(router_.match("DELETE", "/admin/streams/").outcome, Outcome::not_found);
  EXPECT_EQ(router_.match("DELETE", "/admin/streams/a/b").outcome, Outcome::not_found);
  EXPECT_EQ(router_.match("GET", "/admin/streams/a").allow, "DELETE, OPTIONS");
}

TEST_F(RouterTest, PrefersThePathThatIsWrittenOut) {
  router_.add("GET", "/events/{stream}", named("parameter"));
  router_.add("GET", "/events/all", named("literal"));
  EXPECT_EQ(run("GET", "/events/all"), "literal:");
  EXPECT_EQ(run("GET", "/events/one"), "parameter:one");
}

TEST(RouterDeathTest, RefusesBugs) {
  Router router;
  const Router::Action action = [](Exchange&, std::string_view) {};
  router.add("GET", "/a", action);
  EXPECT_DEATH(router.add("GET", "/a", action), "check failed");
  EXPECT_DEATH(router.add("GET", "a", action), "check failed");
  EXPECT_DEATH(router.add("GET", "/a{b}", action), "check failed");
  EXPECT_DEATH(router.add("GET", "/{b}/c", action), "check failed");
}

}  // namespace
}  // namespace gateway::http
