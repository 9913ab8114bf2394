// What nodes ask each other, and tell of themselves, as texts that may come from anybody.
#include "api/node_talk.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/admin.h"
#include "api/node_entry.h"
#include "base/random.h"

namespace gateway::api {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

ChangeQuestion question() {
  ChangeQuestion made{{7, 16}, {}};
  made.change.add = {"a", "p*"};
  made.change.remove = {"b"};
  made.change.after = broker::EventId{0x7f3a91c2, 5};
  made.change.grant.subject = "ann";
  made.change.grant.subscribe = {"a", "p*"};
  made.change.grant.proof = auth::Proof::token;
  made.change.grant.ends = 1'234;
  return made;
}

TEST(NodeTalk, AChangeComesOutAsItWentIn) {
  const auto read = read_question(question_text(question()));
  ASSERT_TRUE(read);
  const auto& change = std::get<ChangeQuestion>(*read);
  EXPECT_EQ(change.stream, (StreamId{7, 16}));
  EXPECT_THAT(change.change.add, ElementsAre("a", "p*"));
  EXPECT_THAT(change.change.remove, ElementsAre("b"));
  EXPECT_EQ(change.change.after, (broker::EventId{0x7f3a91c2, 5}));
  const auth::Grant& grant = change.change.grant;
  EXPECT_EQ(grant.subject, "ann");
  EXPECT_TRUE(grant.may_subscribe("p1") && grant.may_subscribe("a") && !grant.may_subscribe("b"));
  EXPECT_FALSE(grant.may_publish("a") || grant.admin) << "what it is not asked for";
  EXPECT_EQ(grant.proof, auth::Proof::token);
  EXPECT_EQ(grant.ends, 1'234);
}

TEST(NodeTalk, AKickComesOutAsItWentIn) {
  const auto read =
      read_question(question_text(Kick{{1, 16}, seconds(9), "10.0.0.1:7", Reach::network}));
  ASSERT_TRUE(read);
  const auto& kick = std::get<Kick>(*read);
  EXPECT_EQ(kick.stream, (StreamId{1, 16}));
  EXPECT_EQ(kick.refused_for, seconds(9));
  EXPECT_EQ(kick.asker, "10.0.0.1:7");
  EXPECT_EQ(kick.reach, Reach::network);
  EXPECT_FALSE(read_question(question_text(Kick{{1, 16}, seconds(86'401), ""})));
  EXPECT_FALSE(read_question(question_text(Kick{{1, 16}, seconds(9), "a\nb"})));
}

TEST(NodeTalk, AKickOfAnAddressIsReadByNodesThatKnowNoReach) {
  const std::string text = question_text(Kick{{1, 16}, seconds(9), "10.0.0.1:7"});
  EXPECT_EQ(text, "4:kick" + std::to_string(to_string(StreamId{1, 16}).size()) + ':' +
                      to_string(StreamId{1, 16}) + "4:900010:10.0.0.1:7");
  const auto read = read_question(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<Kick>(*read).reach, Reach::address);
  EXPECT_FALSE(read_question(text + "1:2"));
  EXPECT_FALSE(read_question(text + "1:11:1"));
}

TEST(NodeTalk, AnAnswerHasTheFieldsOfOneAndNoOthers) {
  http::Response response;
  response.status = 503;
  response.fields.add("retry-after", "1");
  response.fields.add("set-cookie", "x");
  response.body = "no\n";
  const auto read = read_answer(answer_text(response));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->status, 503);
  EXPECT_EQ(read->body, "no\n");
  EXPECT_EQ(read->fields.size(), 1u);
  EXPECT_EQ(read->fields.get("retry-after"), "1");
  EXPECT_FALSE(read_answer("3:1000:0:0:0:0:"));
  EXPECT_FALSE(read_answer("3:2003:a\nb0:0:0:0:"));
}

TEST(NodeTalk, WhatIsCutOrChangedIsNoneOrAnotherOne) {
  base::SeededRandom random(1);
  const std::string whole = question_text(question());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_question(whole.substr(0, size))) << size;
  }
  for (int i = 0; i < 5'000; ++i) {
    std::string changed = whole;
    changed[random.below(changed.size())] = static_cast<char>(random.below(256));
    const auto read = read_question(changed);
    if (!read) continue;
    EXPECT_TRUE(read_question(std::visit([](const auto& of) { return question_text(of); }, *read)));
  }
}

TEST(NodeEntry, TellsTheCountsOfAllWorkers) {
  const auto view =
      read_entry({"n", entry_text({{3, 2, {{"a", 2}, {"b", 1}}}, {1, 1, {{"a", 1}}}})});
  ASSERT_TRUE(view);
  EXPECT_EQ(view->counts.streams, 4u);
  EXPECT_EQ(view->counts.connections, 3u);
  EXPECT_THAT(view->counts.boards, ElementsAre(std::pair("a", 3), std::pair("b", 1)));
  EXPECT_FALSE(view->cut);
  EXPECT_EQ(read_entry({"n", ""})->counts.streams, 0u);
  EXPECT_FALSE(read_entry({"n", "1:x1:10:"}));
  EXPECT_FALSE(read_entry({"n", "1:11:10:1:a"}));
  EXPECT_FALSE(read_entry({"n", "1:11:10:0:1:1"}));
}

TEST(NodeEntry, IsBoundedAndSaysThatItWasCut) {
  WorkerView many;
  for (int i = 0; i < 1'001; ++i) many.boards["b" + std::to_string(10'000 + i)] = 1;
  auto view = read_entry({"n", entry_text({many})});
  EXPECT_TRUE(view->cut);
  EXPECT_EQ(view->counts.boards.size(), 1'000u);
  WorkerView large;
  for (int i = 0; i < 900; ++i) {
    large.boards["b" + std::to_string(10'000 + i) + std::string(250, 'x')] = 1;
  }
  const std::string text = entry_text({large});
  EXPECT_LE(text.size(), backbone::kEntryBytesMax);
  view = read_entry({"n", text});
  EXPECT_TRUE(view->cut && view->counts.boards.size() > 400);
}

TEST(ClusterJson, SumsTheNodesAsFarAsTheyAreWhole) {
  const ClusterView cluster{"me",
                            {{2, 1, {{"a", 2}, {"c", 1}, {"d", 1}}}},
                            {{"other", {3, 2, {{"a", 1}, {"b", 2}}}, false}}};
  EXPECT_EQ(cluster_json(cluster, {}),
            R"({"total":5,"boards":{"a":3,"b":2,"c":1,"d":1},"connections":3,"node":"me",)"
            R"("nodes":[{"node":"me","total":2,"connections":1},)"
            R"({"node":"other","total":3,"connections":2}]})");
  ClusterView cut = cluster;
  cut.others[0].cut = true;
  EXPECT_THAT(cluster_json(cut, {}),
              testing::StartsWith(R"({"total":5,"boards":{"a":3,"b":2},"connections":3,)"
                                  R"("truncated":true,)"));
  EXPECT_EQ(cluster_json({"", {{1, 1, {}}}, {}}, {}),
            R"({"total":1,"boards":{},"connections":1,)"
            R"("nodes":[{"node":"","total":1,"connections":1}]})");
}

}  // namespace
}  // namespace gateway::api
