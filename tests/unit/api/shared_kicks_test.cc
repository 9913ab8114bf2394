// Clients that an operator sends away at one node are refused at all of them.
#include <gtest/gtest.h>

#include "api/kicks.h"
#include "support/fake_clock.h"
#include "unit/api/fake_nodes.h"

namespace gateway::api {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const http::Peer kPeer{"10.0.0.1:1", "c1", http::Protocol::http2};

struct Node {
  Node(test::FakeStore& store, const base::Clock& of) : clock(of), nodes(store) {
    kicks.share(nodes, clock);
  }
  bool refuses(std::string_view subject = {}) {
    while (const backbone::HeardNote* note = nodes.next()) EXPECT_TRUE(kicks.hear(*note));
    return kicks.refuses(kPeer, clock.now(), subject);
  }
  void write() {
    while (nodes.write()) {
    }
  }
  void come_back(const test::FakeStore& store) {
    nodes.skip();
    kicks.lost();
    for (const auto& [key, stored] : store.notes) kicks.hear(store.heard(stored));
    kicks.complete();
    write();
  }

  const base::Clock& clock;
  test::FakeNodes nodes;
  Kicks kicks;
};

class SharedKicksTest : public testing::Test {
 protected:
  test::FakeClock clock;
  test::FakeStore store{clock};
  Node a{store, clock};
  Node b{store, clock};
};

TEST_F(SharedKicksTest, HoldEverywhereForTheirTime) {
  a.kicks.add(kPeer, clock.now() + minutes(1), "ann");
  a.write();
  EXPECT_TRUE(b.refuses("ann"));
  EXPECT_FALSE(b.refuses());
  clock.advance(minutes(1));
  EXPECT_FALSE(b.refuses("ann"));
}

TEST_F(SharedKicksTest, MercyHoldsEverywhereAlsoForOneThatWasCutOff) {
  a.kicks.add(kPeer, clock.now() + minutes(1));
  a.write();
  EXPECT_TRUE(b.refuses());
  EXPECT_TRUE(b.kicks.take_back({{}, "10.0.0.1", {}}));
  EXPECT_FALSE(b.kicks.take_back({{}, "10.0.0.1", {}}));
  EXPECT_TRUE(b.kicks.list(clock.now()).empty());
  b.write();
  a.come_back(store);
  EXPECT_FALSE(a.refuses());
  EXPECT_FALSE(b.refuses()) << "who was cut off does not bring it back";
  b.kicks.add(kPeer, clock.now() + seconds(5));
  b.write();
  EXPECT_TRUE(a.refuses());
  clock.advance(seconds(5));
  EXPECT_FALSE(a.refuses()) << "the longer time was taken back";
}

TEST_F(SharedKicksTest, WhatWasNotWrittenIsWrittenOnTheWayBack) {
  a.nodes.is_up = false;
  a.kicks.add(kPeer, clock.now() + minutes(1));
  a.write();
  EXPECT_FALSE(b.refuses());
  a.nodes.is_up = true;
  a.come_back(store);
  EXPECT_TRUE(b.refuses());
  store.notes.clear();  // another Redis
  a.come_back(store);
  EXPECT_EQ(store.notes.size(), 1u);
}

TEST_F(SharedKicksTest, RubbishIsNotBelieved) {
  EXPECT_FALSE(a.kicks.hear({"kick:", "", "1", seconds(9), 1}));
  EXPECT_FALSE(a.kicks.hear({"kick:x", "", "2", seconds(9), 1}));
  EXPECT_FALSE(a.kicks.hear({"kick:x", "", "1", seconds(9), 0}));
  EXPECT_FALSE(a.kicks.hear({"kick:" + std::string(600, 'x'), "", "1", seconds(9), 1}));
  EXPECT_EQ(a.kicks.size(), 0u);
}

}  // namespace
}  // namespace gateway::api
