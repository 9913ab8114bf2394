// Names are looked up beside the loop: it turns meanwhile, and nobody waits for one that hangs.
#include "backbone/host_lookup.h"

#include <thread>

#include <gtest/gtest.h>

#include "unit/backbone/hanging_names.h"

namespace gateway::backbone {
namespace {

using std::chrono::milliseconds;
using test::host;
using test::numeric;

class HostLookupTest : public test::Turning {
 protected:
  /// What was found, by the text of the first address, or why nothing was.
  HostLookup::Ticket find(const RedisAddress& address, std::string& said) {
    return lookup_->find(address, [&said](const HostLookup::Addresses& addresses) {
      said = addresses ? addresses->front().text : addresses.error().message;
    });
  }

  std::unique_ptr<HostLookup> lookup_ = std::make_unique<HostLookup>(loop_, names_.resolve());
};

TEST_F(HostLookupTest, WhatIsNumericAsksNobody) {
  RedisAddress socket;
  socket.path = "/run/redis.sock";
  const std::pair<RedisAddress, std::string> known[] = {{host("127.0.0.1", 1), "127.0.0.1:1"},
                                                        {host("::1", 2), "[::1]:2"},
                                                        {socket, "/run/redis.sock"}};
  for (const auto& [address, text] : known) {
    std::string said;
    const auto ticket = find(address, said);
    EXPECT_EQ(said, "") << "later, not within the call";
    turn_until([&said] { return !said.empty(); });
    EXPECT_EQ(said, text);
  }
  EXPECT_EQ(names_.begun(), 0);
}

TEST_F(HostLookupTest, NamesAreLookedUpOnAThreadOfTheirOwn) {
  std::thread::id resolved_on;
  HostLookup lookup(loop_, [&resolved_on](const RedisAddress&) -> HostLookup::Addresses {
    resolved_on = std::this_thread::get_id();
    return std::vector<HostAddress>{numeric("127.0.0.2")};
  });
  std::thread::id found_on;
  const auto ticket = lookup.find(host("redis"), [&found_on](const HostLookup::Addresses& found) {
    EXPECT_EQ(found->front().text, "127.0.0.2:6379");
    found_on = std::this_thread::get_id();
  });
  turn_until([&found_on] { return found_on != std::thread::id(); });
  EXPECT_EQ(found_on, std::this_thread::get_id());
  EXPECT_NE(resolved_on, found_on);
}

TEST_F(HostLookupTest, TheMachinesResolverKnowsItself) {
  HostLookup lookup(loop_);
  bool loopback = false;
  const auto ticket = lookup.find(host("localhost"), [&](const HostLookup::Addresses& found) {
    for (const HostAddress& one : *found) {
      loopback = loopback || one.text == "127.0.0.1:6379" || one.text == "[::1]:6379";
    }
  });
  turn_until([&loopback] { return loopback; });
}

TEST_F(HostLookupTest, ANameThatIsUnknownIsSaidSo) {
  std::string said;
  const auto ticket = find(host("nowhere"), said);
  turn_until([&said] { return !said.empty(); });
  EXPECT_EQ(said, "nowhere: unknown");
  const auto real = resolve(host("no..name"));  // by its form: no server is asked
  ASSERT_FALSE(real.ok());
  EXPECT_EQ(real.error().message.find("the name no..name: "), 0U) << real.error().message;
}

TEST_F(HostLookupTest, OneThatHangsHoldsUpNeitherTheLoopNorOthers) {
  names_.hang("slow");
  names_.give("quick", {numeric("127.0.0.3")});
  std::string slow;
  std::string quick;
  const auto first = find(host("slow"), slow);
  turn_for(milliseconds(20));
  const auto second = find(host("quick"), quick);
  turn_until([&quick] { return !quick.empty(); });
  EXPECT_EQ(quick, "127.0.0.3:6379");
  EXPECT_EQ(slow, "");
}

TEST_F(HostLookupTest, ANameIsLookedUpOnceForAllWhoWait) {
  names_.hang("slow");
  names_.give("slow", {numeric("127.0.0.4")});
  std::vector<std::string> said(10);
  std::vector<HostLookup::Ticket> tickets;
  for (std::string& one : said) tickets.push_back(find(host("slow"), one));
  tickets[3].reset();
  turn_until([this] { return names_.begun() == 1; });
  names_.release();
  turn_until([&said] { return !said.back().empty(); });
  EXPECT_EQ(said.front(), "127.0.0.4:6379");
  EXPECT_EQ(said[3], "") << "it waits no more";
  EXPECT_EQ(names_.begun(), 1);
}

TEST_F(HostLookupTest, ThreadsAreFew) {
  std::vector<std::string> said(20);
  std::vector<HostLookup::Ticket> tickets;
  for (std::size_t i = 0; i < said.size(); ++i) {
    const std::string name = "slow" + std::to_string(i);
    names_.hang(name);
    tickets.push_back(find(host(name), said[i]));
  }
  turn_for(milliseconds(20));
  EXPECT_LE(names_.begun(), static_cast<int>(HostLookup::kThreadsMax));
  tickets.resize(10);  // nobody waits for the others
  names_.release();
  turn_until([&said] { return !said[9].empty(); });
  turn_for(milliseconds(20));
  EXPECT_EQ(names_.begun(), 10);
}

TEST_F(HostLookupTest, AtTheEndNobodyWaitsForOneThatHangs) {
  names_.hang("slow");
  std::string said;
  const auto ticket = find(host("slow"), said);
  turn_until([this] { return names_.begun() == 1; });
  lookup_.reset();
  names_.release();
  turn_for(milliseconds(20));
  EXPECT_EQ(said, "");
}

}  // namespace
}  // namespace gateway::backbone
