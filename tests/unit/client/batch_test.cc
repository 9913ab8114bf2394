#include "client/batch.h"

#include <gtest/gtest.h>

namespace gateway::client {
namespace {

Batch of_lines(std::size_t count) {
  Batch batch({"b"}, "", "k");
  for (std::size_t i = 1; i <= count; ++i) batch.add_text("x", i);
  return batch;
}

TEST(Batch, ASingleEventGoesAsItIs) {
  Batch batch({"a", "b\"c"}, "mo\\ved", "k");
  batch.add_text("two\n\"lines\"", 0);
  EXPECT_EQ(batch.body(),
            R"({"boards":["a","b\"c"],"event":"mo\\ved","key":"k-0","data":"two\n\"lines\""})");
  EXPECT_EQ(batch.part_name(), "the event");
  batch.accepted();
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.part(), 0U);
}

TEST(Batch, SeveralGoAsAnArrayInTheirOrder) {
  Batch batch({"a"}, "", "k");
  batch.add_text("1", 1);
  batch.add_json(R"({"n": 2})", 3);
  EXPECT_EQ(batch.body(), R"([{"boards":["a"],"key":"k-1","data":"1"},)"
                          R"({"boards":["a"],"key":"k-3","data":{"n": 2}}])");
  EXPECT_EQ(batch.part_name(), "lines 1 to 3");
}

TEST(Batch, AnEventKeepsItsKeyInSmallerParts) {
  Batch batch = of_lines(4);
  const std::string whole = batch.body();
  std::string parts;
  ASSERT_TRUE(batch.halve());
  for (; !batch.empty(); batch.accepted()) parts += (parts.empty() ? "" : " ") + batch.body();
  EXPECT_EQ(parts.replace(parts.find("] ["), 3, ","), whole);
  EXPECT_NE(whole.find(R"("key":"k-4")"), std::string::npos);
}

TEST(Batch, APartIsBoundedByEvents) {
  Batch batch = of_lines(Batch::kEventsMax * 2 + 1);
  EXPECT_EQ(batch.part(), Batch::kEventsMax);
  batch.accepted();
  EXPECT_EQ(batch.part_name(), "lines 501 to 1000");
  batch.accepted();
  EXPECT_EQ(batch.part_name(), "line 1001");
  batch.accepted();
  EXPECT_TRUE(batch.empty());
}

TEST(Batch, APartIsBoundedByBytesAndALargeEventGoesAlone) {
  Batch batch({"a"}, "", "k");
  batch.add_text(std::string(Batch::kBodyBytes, 'x'), 1);
  for (std::uint64_t line = 2; line <= 40; ++line) batch.add_text(std::string(20'000, 'x'), line);
  EXPECT_EQ(batch.part(), 1U);
  batch.accepted();
  std::size_t sent = 0;
  while (!batch.empty()) {
    EXPECT_LE(batch.body().size(), Batch::kBodyBytes + 1);
    EXPECT_GE(batch.part(), batch.part() == 39 - sent ? 1U : 12U);
    sent += batch.part();
    batch.accepted();
  }
  EXPECT_EQ(sent, 39U);
}

/// Publishes against a server that refuses a part with `bad` in it; the lines it took.
std::vector<std::size_t> taken_before(std::size_t bad, std::size_t count, int& posts) {
  Batch batch = of_lines(count);
  std::vector<std::size_t> taken;
  std::size_t next = 1;
  for (posts = 0; !batch.empty(); ++posts) {
    const std::size_t part = batch.part();
    if (next <= bad && bad < next + part) {
      if (!batch.halve()) break;
      continue;
    }
    for (std::size_t i = 0; i < part; ++i) taken.push_back(next++);
    batch.accepted();
  }
  return taken;
}

TEST(Batch, RefusalsFindTheLineThatIsWrong) {
  for (const std::size_t count : {1U, 2U, 3U, 7U, 500U, 777U}) {
    for (std::size_t bad = 1; bad <= count; ++bad) {
      int posts = 0;
      const auto taken = taken_before(bad, count, posts);
      ASSERT_EQ(taken.size(), bad - 1) << "all before it, none behind; " << count;
      EXPECT_LT(posts, 60) << bad << " of " << count;
    }
  }
}

TEST(Batch, PartsGrowBackAfterARefusal) {
  Batch batch = of_lines(4000);
  EXPECT_TRUE(batch.halve());
  EXPECT_EQ(batch.part(), 250U);
  EXPECT_TRUE(batch.halve());
  EXPECT_EQ(batch.part(), 125U);
  batch.accepted();
  EXPECT_EQ(batch.part(), 250U);
  batch.accepted();
  batch.accepted();
  EXPECT_EQ(batch.part(), Batch::kEventsMax);
}

TEST(Batch, ASingleEventCannotBeHalved) {
  Batch batch = of_lines(1);
  EXPECT_FALSE(batch.halve());
  EXPECT_EQ(batch.part(), 1U);
}

}  // namespace
}  // namespace gateway::client
