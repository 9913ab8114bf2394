#include "app/node_desk.h"

#include <string>

#include <gtest/gtest.h>

#include "support/fake_clock.h"
#include "unit/api/fake_nodes.h"

namespace gateway::app {
namespace {

TEST(NodeDesk, WhatItCannotReadItDoesNotAnswer) {
  const test::FakeClock clock;
  loop::EventLoop loop(clock);
  test::FakeStore store(clock);
  test::FakeNodes nodes(store);
  api::Kicks kicks;
  const api::Options options{};
  api::StreamNames names(options, clock);
  const NodeDesk::Workers workers;
  const NodeDesk desk(loop, nodes, kicks, names, workers);
  ASSERT_NE(nodes.listener, nullptr);
  bool answered = false;
  const std::string kick = api::question_text(api::Kick{{1, 16}, std::chrono::seconds(9), "a:1"});
  EXPECT_FALSE(nodes.listener->hear_question(kick + "1:11:1", [&answered](const std::string&) {
    answered = true;
  })) << "a newer node's, with one word more";
  EXPECT_FALSE(answered) << "that the stream is not here is not known";
}

}  // namespace
}  // namespace gateway::app
