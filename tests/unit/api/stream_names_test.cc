#include "api/stream_names.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace gateway::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using Boards = std::vector<std::string>;

class StreamNamesTest : public testing::Test {
 protected:
  using Claim = std::unique_ptr<NameClaim>;

  StreamNames::Claimed claim(const std::string& name) { return names.claim(name, {0, ++streams}); }
  static bool keep(NameClaim& claim, const Boards& boards) {
    std::optional<Kept> said;
    claim.keep(boards, [&said](Kept kept) { said = kept; });
    return said == Kept::yes;
  }
  static bool keep(const StreamNames::Claimed& claimed, const Boards& boards) {
    return keep(*claimed.claim, boards);
  }
  /// A stream of this name comes, reads other boards, and ends.
  void pass(const std::string& name, const Boards& boards) {
    EXPECT_TRUE(keep(claim(name), boards));
  }
  /// What a stream of this name would be given; it leaves at once.
  Boards remembered(const std::string& name) { return claim(name).boards; }

  test::FakeClock clock;
  Options options;
  StreamNames names{options, clock};
  std::uint64_t streams = 0;
};

TEST_F(StreamNamesTest, OnlyAChangedSetIsRemembered) {
  { const auto first = claim("a"); }
  EXPECT_EQ(names.lingering(), 0u);
  EXPECT_THAT(remembered("a"), IsEmpty());
  pass("a", {"x", "y*"});
  EXPECT_EQ(names.lingering(), 1u);
  EXPECT_THAT(remembered("b"), IsEmpty());
  EXPECT_THAT(remembered("a"), ElementsAre("x", "y*"));
}

TEST_F(StreamNamesTest, WhoGotItLeavesItBehindAgainAndItsLastChange) {
  pass("a", {"x"});
  for (int i = 0; i < 3; ++i) {
    clock.advance(minutes(1));
    EXPECT_THAT(remembered("a"), ElementsAre("x"));
  }
  {
    const auto stream = claim("a");
    EXPECT_EQ(names.lingering(), 0u) << "it is held";
    EXPECT_TRUE(keep(stream, {"y"}));
    EXPECT_TRUE(keep(stream, {"z"}));
    clock.advance(minutes(60));
  }
  EXPECT_THAT(remembered("a"), ElementsAre("z"));
}

TEST_F(StreamNamesTest, ItLingersForItsTimeAndGoesWithoutBeingAskedFor) {
  pass("a", {"x"});
  clock.advance(minutes(1));
  pass("b", {"x"});
  clock.advance(minutes(1) - milliseconds(1));
  names.expire();
  EXPECT_EQ(names.lingering(), 2u);
  clock.advance(milliseconds(1));
  names.expire();
  EXPECT_EQ(names.lingering(), 1u);
  EXPECT_THAT(remembered("a"), IsEmpty());
  EXPECT_THAT(remembered("b"), ElementsAre("x"));
  clock.advance(minutes(2));
  EXPECT_THAT(remembered("b"), IsEmpty()) << "a claim looks for itself";
  EXPECT_EQ(names.forgotten_early(), 0u);
}

TEST_F(StreamNamesTest, WithNoTimeItIsForgottenAtOnce) {
  options.linger = milliseconds(0);
  names.use(options);
  const auto first = claim("a");
  EXPECT_TRUE(keep(first, {"x"}));
  pass("b", {"x"});
  EXPECT_EQ(names.lingering(), 0u);
  EXPECT_THAT(remembered("b"), IsEmpty());
  EXPECT_THAT(claim("a").boards, ElementsAre("x")) << "its name never was without a stream";
}

TEST_F(StreamNamesTest, OtherOptionsHoldForThoseThatLinger) {
  pass("a", {"x"});
  clock.advance(minutes(1));
  pass("b", Boards(10, std::string(200, 'x')));
  options.linger = seconds(30);
  names.use(options);
  EXPECT_EQ(names.lingering(), 1u) << "the other has lingered longer";
  EXPECT_EQ(names.forgotten_early(), 0u);
  options.linger_bytes = 1'000;
  names.use(options);
  EXPECT_EQ(names.lingering(), 0u);
  EXPECT_EQ(names.forgotten_early(), 1u);
}

TEST_F(StreamNamesTest, TheNewcomerTakesTheNameAndTheSet) {
  auto first = claim("a");
  EXPECT_FALSE(first.replaced);
  EXPECT_TRUE(keep(first, {"x"}));
  auto second = claim("a");
  EXPECT_EQ(second.replaced, (StreamId{0, 1}));
  EXPECT_THAT(second.boards, ElementsAre("x"));
  EXPECT_FALSE(keep(first, {"y"})) << "it has no say any more";
  const auto third = claim("a");
  EXPECT_EQ(third.replaced, (StreamId{0, 2}));
  EXPECT_THAT(third.boards, ElementsAre("x"));
}

TEST_F(StreamNamesTest, TheEndOfOneThatWasReplacedChangesNothing) {
  auto first = claim("a");
  auto second = claim("a");
  EXPECT_TRUE(keep(second, {"x"}));
  first.claim.reset();
  EXPECT_EQ(names.lingering(), 0u);
  EXPECT_TRUE(keep(second, {"y"}));
  second.claim.reset();
  EXPECT_THAT(remembered("a"), ElementsAre("y"));

  auto third = claim("b");
  claim("b").claim.reset();  // the newcomer goes first
  third.claim.reset();
  EXPECT_THAT(claim("b").replaced, testing::Eq(std::nullopt));
}

TEST_F(StreamNamesTest, OverTheBytesTheOldestGoes) {
  const Boards big(10, std::string(200, 'x'));
  pass("a", big);
  pass("b", big);
  clock.advance(seconds(1));
  EXPECT_THAT(remembered("a"), testing::SizeIs(10));  // now `b` is the oldest
  options.linger_bytes = 6'000;
  names.use(options);
  pass("c", {"y"});
  EXPECT_EQ(names.forgotten_early(), 0u);
  pass("d", big);
  EXPECT_EQ(names.forgotten_early(), 1u);
  EXPECT_EQ(names.lingering(), 3u);
  EXPECT_THAT(remembered("b"), IsEmpty());
  EXPECT_THAT(remembered("c"), ElementsAre("y"));
  pass("e", Boards(100, std::string(200, 'x')));
  EXPECT_EQ(names.lingering(), 0u) << "what is too large by itself leaves nothing beside it";
  EXPECT_EQ(names.forgotten_early(), 5u);
  pass("f", big);
  EXPECT_THAT(remembered("f"), testing::SizeIs(10)) << "the room of the others is free again";
}

TEST_F(StreamNamesTest, HeldNamesCostNoneOfTheBytes) {
  options.linger_bytes = 1'000;
  names.use(options);
  std::vector<Claim> claims;
  for (int i = 0; i < 100; ++i) {
    claims.push_back(claim("name-" + std::to_string(i)).claim);
    EXPECT_TRUE(keep(*claims.back(), {"x"}));
  }
  EXPECT_EQ(names.forgotten_early(), 0u);
  claims.clear();
  EXPECT_GT(names.lingering(), 0u);
  EXPECT_EQ(names.lingering() + names.forgotten_early(), 100u);
}

}  // namespace
}  // namespace gateway::api
