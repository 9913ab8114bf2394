// What `boardcast publish --redis` checks before it asks Redis.
#include "app/redis_poster.h"

#include <gtest/gtest.h>

#include "broker/options.h"
#include "support/fake_clock.h"

namespace gateway::app {
namespace {

struct Answer final : client::Receiver {
  bool head(const client::Head& head) override {
    status = head.status;
    return true;
  }
  bool body(std::string_view bytes) override {
    text += bytes;
    return true;
  }
  int status = 0;
  std::string text;
};

TEST(RedisPoster, TakesNoMoreThanAGatewayMay) {
  test::FakeClock clock;
  RedisPoster poster(clock, {});
  Answer answer;
  const auto outcome = poster.post(std::string(broker::kDataBytesMax + 1, ' '), {}, answer);
  EXPECT_EQ(outcome.kind, client::Outcome::Kind::complete);
  EXPECT_EQ(answer.status, 413) << answer.text;
}

}  // namespace
}  // namespace gateway::app
