// Names that several nodes share: whoever claims one last has it, whatever is under way.
#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/name_note.h"
#include "api/stream_names.h"
#include "base/random.h"
#include "support/fake_clock.h"
#include "unit/api/fake_nodes.h"

namespace gateway::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using Boards = std::vector<std::string>;

/// A node with its streams, which end when they are replaced.
struct Node {
  Node(test::FakeStore& store, const Options& options, const base::Clock& clock)
      : nodes(store), names(options, clock) {
    names.share(nodes);
  }

  Boards claim(const std::string& name, std::uint64_t stream) {
    StreamNames::Claimed claimed = names.claim(name, {0, stream});
    if (claimed.replaced) end(*claimed.replaced);
    streams[stream] = std::move(claimed.claim);
    return claimed.boards;
  }
  std::optional<Kept> keep(std::uint64_t stream, const Boards& boards) {
    said.reset();
    streams.at(stream)->keep(boards, [this](Kept kept) { said = kept; });
    return said;
  }
  void end(const StreamId& id) { streams.erase(id.low); }
  bool hear() {
    const backbone::HeardNote* const note = nodes.next();
    if (note == nullptr) return false;
    const StreamNames::Heard heard = names.hear(*note);
    EXPECT_FALSE(heard.malformed);
    if (heard.replaced) end(*heard.replaced);
    return true;
  }
  /// The way back after a cut: all that is stored, and then what is written.
  void read_all(const test::FakeStore& store) {
    nodes.skip();
    for (const auto& [key, stored] : store.notes) {
      const StreamNames::Heard heard = names.hear(store.heard(stored));
      if (heard.replaced) end(*heard.replaced);
    }
    names.complete();
  }

  test::FakeNodes nodes;
  StreamNames names;
  std::map<std::uint64_t, std::unique_ptr<NameClaim>> streams;
  std::optional<Kept> said;
};

class SharedNamesTest : public testing::Test {
 protected:
  void settle() {
    bool moved = true;
    while (moved) {
      moved = false;
      for (Node* node : {&a, &b}) {
        node->names.expire();
        while (node->nodes.write()) moved = true;
        while (node->hear()) moved = true;
      }
    }
  }

  test::FakeClock clock;
  Options options;
  test::FakeStore store{clock};
  Node a{store, options, clock};
  Node b{store, options, clock};
};

TEST_F(SharedNamesTest, ASetIsKeptWhenTheStoreHasIt) {
  a.claim("n", 1);
  settle();
  EXPECT_EQ(a.keep(1, {"x"}), std::nullopt);
  EXPECT_TRUE(a.nodes.write());
  EXPECT_EQ(a.said, Kept::yes);
  settle();
  EXPECT_THAT(b.claim("n", 2), ElementsAre("x"));
  settle();
  EXPECT_TRUE(a.streams.empty()) << "replaced";
  EXPECT_EQ(b.streams.size(), 1u);
}

TEST_F(SharedNamesTest, ASetOfAStreamThatWasReplacedIsNotKept) {
  a.claim("n", 1);
  settle();
  b.claim("n", 2);
  EXPECT_TRUE(b.nodes.write()) << "refused: it does not remember whose names have no set";
  EXPECT_TRUE(b.nodes.write());
  a.keep(1, {"x"});  // it has not heard yet
  EXPECT_TRUE(a.nodes.write());
  EXPECT_EQ(a.said, Kept::replaced);
  b.keep(2, {"y"});
  settle();
  EXPECT_EQ(b.said, Kept::yes);
  a.claim("n", 3);
  EXPECT_THAT(a.claim("n", 4), ElementsAre("y"));
}

TEST_F(SharedNamesTest, OfTwoAtOnceTheLastOneWrittenStays) {
  a.claim("n", 1);
  b.claim("n", 2);
  EXPECT_TRUE(b.nodes.write());
  EXPECT_TRUE(a.nodes.write());
  settle();
  EXPECT_EQ(a.streams.size(), 1u);
  EXPECT_TRUE(b.streams.empty());
}

TEST_F(SharedNamesTest, AClaimThatComesAfterItsStreamsEndTakesNothing) {
  a.claim("n", 1);
  a.streams.clear();  // its client was cut off, and is at b
  b.claim("n", 2);
  EXPECT_TRUE(b.nodes.write());
  settle();
  EXPECT_EQ(b.streams.size(), 1u);
  EXPECT_EQ(b.keep(2, {"x"}), std::nullopt);
  settle();
  EXPECT_EQ(b.said, Kept::yes);
}

TEST_F(SharedNamesTest, ARefusalThatTeachesNothingIsNotAnsweredAtOnce) {
  a.claim("n", 1);
  const auto refuse = [this] {
    const auto done = std::move(a.nodes.puts.front().second);
    a.nodes.puts.pop_front();
    done(backbone::PutResult::refused, 7);
  };
  refuse();
  ASSERT_EQ(a.nodes.puts.size(), 1u) << "that it did not know";
  EXPECT_EQ(a.nodes.puts.front().first.version, 7u);
  refuse();
  EXPECT_EQ(a.nodes.puts.size(), 0u);
  clock.advance(seconds(5));
  a.names.expire();
  EXPECT_EQ(a.nodes.puts.size(), 1u);
}

TEST_F(SharedNamesTest, AStoreThatNamesEverNewerClaimsIsAskedNowAndThen) {
  std::uint64_t version = 0;
  const auto refuse_all = [this, &version] {
    std::size_t refused = 0;
    while (!a.nodes.puts.empty() && refused < 100) {
      const auto done = std::move(a.nodes.puts.front().second);
      a.nodes.puts.pop_front();
      done(backbone::PutResult::refused, ++version);
      ++refused;
    }
    return refused;
  };
  a.claim("n", 1);
  EXPECT_EQ(refuse_all(), 8u);
  a.names.expire();
  EXPECT_TRUE(a.nodes.puts.empty());
  clock.advance(seconds(5));
  a.names.expire();
  EXPECT_EQ(refuse_all(), 8u);
  clock.advance(seconds(5));
  a.names.expire();
  ASSERT_EQ(a.nodes.puts.size(), 1u);
  EXPECT_EQ(a.nodes.puts.front().first.version, 16u) << "and learns from it";
}

TEST_F(SharedNamesTest, WhatLingersOnANodeThatDiedLingersElsewhere) {
  a.claim("n", 1);
  a.keep(1, {"x"});
  settle();
  for (int i = 0; i < 30; ++i) {  // it is told anew while it is held
    clock.advance(minutes(1));
    settle();
  }
  EXPECT_EQ(b.names.lingering(), 1u);
  clock.advance(options.linger);
  EXPECT_THAT(b.claim("n", 2), ElementsAre("x"));
  b.streams.clear();
  b.nodes.puts.clear();
  clock.advance(options.linger);
  b.names.expire();
  EXPECT_EQ(b.names.lingering(), 0u);
}

TEST_F(SharedNamesTest, AClaimThatWasLostIsToldAgain) {
  b.claim("n", 1);
  b.keep(1, {"x"});
  settle();
  a.nodes.is_up = false;
  EXPECT_THAT(a.claim("n", 2), ElementsAre("x")) << "it knows what it has heard";
  while (a.nodes.write()) {
  }
  a.nodes.is_up = true;
  a.read_all(store);
  EXPECT_EQ(a.streams.size(), 1u) << "what is stored is older";
  clock.advance(seconds(5));
  settle();
  EXPECT_TRUE(b.streams.empty());
  EXPECT_EQ(a.keep(2, {"y"}), std::nullopt);
  settle();
  EXPECT_EQ(a.said, Kept::yes);
}

TEST_F(SharedNamesTest, AStoreThatForgotAllIsToldOfWhatIsHeld) {
  a.claim("n", 1);
  a.keep(1, {"x"});
  settle();
  store.notes.clear();
  for (Node* node : {&a, &b}) node->read_all(store);
  settle();
  ASSERT_EQ(store.notes.size(), 1u);
  EXPECT_EQ(read_boards(store.notes.begin()->second.note.value), Boards{"x"});
}

TEST_F(SharedNamesTest, AStoreThatWasSetBackGivesWay) {
  a.claim("n", 1);
  a.keep(1, {"x"});
  settle();
  const auto before = store.notes;
  b.claim("n", 2);
  settle();
  store.notes = before;  // a primary that lacks the last claim
  b.keep(2, {"y"});
  settle();
  EXPECT_EQ(b.said, Kept::yes);
  EXPECT_EQ(b.streams.size(), 1u);
  EXPECT_THAT(a.claim("n", 3), ElementsAre("y"));
}

TEST_F(SharedNamesTest, RubbishIsNotBelieved) {
  const std::string owner = to_string(StreamId{0, 9});
  const std::vector<backbone::HeardNote> all = {
      {"name:", owner, "1:x", seconds(9), 1},     {"name:n", "x", "1:x", seconds(9), 1},
      {"name:n", owner, "1:", seconds(9), 1},     {"name:n", owner, "3:a*b", seconds(9), 1},
      {"name:n", owner, "0:", seconds(9), 1},     {"name:n", owner, "1:x", seconds(9), 0},
      {"name:n", owner, "1:x1:x", seconds(9), 1},
  };
  for (const backbone::HeardNote& note : all) {
    EXPECT_TRUE(a.names.hear(note).malformed) << note.key << ' ' << note.value;
  }
  EXPECT_EQ(a.names.lingering(), 0u);
}

/// Until nobody has anything to write or to hear.
void settle(const std::vector<std::unique_ptr<Node>>& all) {
  bool moved = true;
  while (moved) {
    moved = false;
    for (const auto& node : all) {
      node->names.expire();
      while (node->nodes.write()) moved = true;
      while (node->hear()) moved = true;
    }
  }
}

// Whatever is under way when, at the end every name has one holder, and all nodes the set that was
// answered last.
TEST(SharedNamesSim, WhoIsAnsweredIsFound) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    base::SeededRandom random(seed);
    const bool cuts = seed % 2 == 0;  // then what nobody was told of is known where it was said
    test::FakeClock clock;
    const Options options;
    test::FakeStore store(clock);
    std::vector<std::unique_ptr<Node>> all;
    for (int i = 0; i < 3; ++i) all.push_back(std::make_unique<Node>(store, options, clock));
    std::uint64_t streams = 0;
    std::set<std::uint64_t> left;  // streams that ended where they were
    for (int step = 0; step < 200; ++step) {
      Node& node = *all[random.below(3)];
      clock.advance(milliseconds(random.below(20)));
      switch (random.below(cuts ? 7 : 6)) {
        case 0:
          for (const auto& [id, stream] : node.streams) left.insert(id);  // it takes their place
          node.claim("n", ++streams);
          break;
        case 1:
          if (!node.streams.empty()) {
            node.keep(node.streams.begin()->first, {"b" + std::to_string(random.below(9))});
          }
          break;
        case 2:
          if (node.streams.empty()) break;
          left.insert(node.streams.begin()->first);
          node.streams.erase(node.streams.begin());
          break;
        case 3:
          node.nodes.write();
          break;
        case 6:  // cut off, and back
          node.nodes.is_up = false;
          while (node.nodes.write()) {
          }
          node.nodes.is_up = true;
          node.read_all(store);
          break;
        default:
          node.hear();
      }
    }
    // What was lost in a cut is told again after a while.
    for (int round = 0; round < (cuts ? 3 : 1); ++round) {
      if (round > 0) clock.advance(seconds(5));
      settle(all);
    }
    std::size_t held = 0;
    for (const auto& node : all) held += node->streams.size();
    EXPECT_LE(held, 1u) << "seed " << seed;
    const auto stored = store.notes.find("name:n");
    if (stored != store.notes.end()) {
      const std::uint64_t owner = parse_stream_id(stored->second.note.owner)->low;
      const bool lives = std::any_of(all.begin(), all.end(), [owner](const auto& node) {
        return node->streams.contains(owner);
      });
      EXPECT_NE(lives, left.contains(owner)) << "seed " << seed;
    }
    if (cuts) continue;
    const Boards wanted =
        stored == store.notes.end() ? Boards{} : *read_boards(stored->second.note.value);
    for (const auto& node : all) EXPECT_EQ(node->claim("n", ++streams), wanted) << "seed " << seed;
  }
}

}  // namespace
}  // namespace gateway::api
