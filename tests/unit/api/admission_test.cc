// Who asks: a token, a certificate of the connection, or nobody in particular.
#include "api/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/stream_change.h"
#include "api/subscribe.h"
#include "unit/api/api_world.h"

namespace gateway::api {
namespace {

using std::chrono::seconds;
using test::ApiWorld;
using test::FakeExchange;
using testing::HasSubstr;

auth::Options granting() {
  auth::Options options;
  options.mode = auth::Mode::jwt;
  options.anonymous = {{"news"}, {}};
  options.certificates = {{"a.example", {"a"}, {"a"}, true}};
  return options;
}

class AdmissionTest : public testing::Test {
 protected:
  void show(FakeExchange& to, const std::string& name, seconds life = seconds(600)) {
    const base::WallMs ends = world.clock.wall_ms() + std::chrono::milliseconds(life).count();
    to.mutable_peer().certificate =
        std::make_unique<http::PeerCertificate>(http::PeerCertificate{{name}, ends});
  }
  Admission ask(const FakeExchange& who) { return admit(who, world.options.cors, world.gate); }

  ApiWorld world{{}, granting()};
  FakeExchange exchange{"POST", "/events"};
  Subscriber subscriber{world.context(), [](http::Exchange& to, http::Response response) {
                          to.respond(std::move(response));
                        }};
};

TEST_F(AdmissionTest, ACertificateGrantsWhatItsNameDoes) {
  EXPECT_EQ(*ask(exchange), &world.gate.without_token());
  show(exchange, "a.example");
  const auth::Grant& grant = **ask(exchange);
  EXPECT_EQ(grant.subject, "a.example");
  EXPECT_TRUE(grant.may_publish("a") && grant.admin);
  show(exchange, "b.example");
  EXPECT_EQ(*ask(exchange), &world.gate.without_token());
}

TEST_F(AdmissionTest, ATokenIsNotHelpedByIt) {
  show(exchange, "a.example");
  exchange.mutable_request().fields.add("authorization", "Bearer x");
  const Admission admitted = ask(exchange);
  ASSERT_FALSE(admitted);
  EXPECT_EQ(admitted.error().status, 401);
}

TEST_F(AdmissionTest, AnExpiredOneIsRefusedThoughItsConnectionLasts) {
  show(exchange, "a.example", seconds(10));
  ASSERT_TRUE(ask(exchange));
  world.clock.advance(seconds(10));
  const Admission admitted = ask(exchange);
  ASSERT_FALSE(admitted);
  EXPECT_EQ(admitted.error().status, 401);
  EXPECT_THAT(admitted.error().body, HasSubstr("certificate of this connection has expired"));
  EXPECT_EQ(admitted.error().fields.get("www-authenticate"), "Bearer");
  EXPECT_TRUE(admitted.error().ends_connection);
}

TEST_F(AdmissionTest, WhereNobodyIsAskedItChangesNothing) {
  ApiWorld open;
  show(exchange, "a.example", seconds(-10));
  EXPECT_EQ(*admit(exchange, open.options.cors, open.gate), &open.gate.without_token());
}

TEST_F(AdmissionTest, ItSaysWhatWouldBeNeeded) {
  const http::Response nobody =
      not_granted(world.gate.without_token(), "publish to", "b", world.gate);
  EXPECT_EQ(nobody.status, 401);
  EXPECT_THAT(nobody.body, HasSubstr("or connect with a certificate that is known here"));
  show(exchange, "a.example");
  const http::Response somebody = not_granted(**ask(exchange), "publish to", "b", world.gate);
  EXPECT_EQ(somebody.status, 403);
  EXPECT_THAT(somebody.body, HasSubstr("The certificate does not allow to publish to"));
}

TEST_F(AdmissionTest, AStreamLastsAsLongAsItsCertificate) {
  FakeExchange reader{"GET", "/events?boards=a"};
  show(reader, "a.example", seconds(60));
  subscriber.handle(reader);
  ASSERT_TRUE(reader.streamed()) << reader.response().body;
  reader.pull_all();
  const auto pass = [&](seconds time) {
    world.clock.advance(time);
    world.leases.expire(world.hub, 64);
    return reader.pull_all();
  };
  EXPECT_THAT(pass(seconds(31)), HasSubstr("boardcast.expiring"));
  EXPECT_THAT(pass(seconds(29)), HasSubstr(R"(boardcast.end
data: {"reason":"token"})"));
}

TEST_F(AdmissionTest, ALeaseOfOneThatIsOverEndsAtOnce) {
  show(exchange, "a.example", seconds(1));
  const auth::Grant grant = **ask(exchange);
  world.clock.advance(seconds(2));  // on its way to the stream's worker
  EXPECT_LE(world.leases.end_of(grant, world.gate.options()), world.clock.wall_ms());
}

}  // namespace
}  // namespace gateway::api
