// What waits to be appended, and what it weighs.
#include "backbone/ingest_queue.h"

#include <gtest/gtest.h>

namespace gateway::backbone {
namespace {

broker::Draft draft(std::string data) { return {{"board"}, "", std::move(data), false}; }

TEST(IngestQueue, WhatHoldsNothingWeighsToo) {
  IngestQueue queue;
  for (int i = 0; i < 1'000; ++i) queue.push(draft(""));
  EXPECT_GE(queue.bytes(), 1'000 * sizeof(broker::Draft));
}

TEST(IngestQueue, GivesBatchesInOrderUntilNothingIsLeft) {
  IngestQueue queue;
  for (std::size_t i = 0; i < 2 * kIngestEventsMax + 1; ++i) queue.push(draft(std::to_string(i)));
  for (const std::size_t count : {kIngestEventsMax, kIngestEventsMax, std::size_t{1}}) {
    EXPECT_EQ(queue.take().size(), count);
  }
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0U);
  EXPECT_TRUE(queue.take().empty());
}

TEST(IngestQueue, ABatchIsOfAboutAMebibyte) {
  IngestQueue queue;
  queue.push(draft(std::string(kIngestBatchBytes, 'x')));
  queue.push(draft(std::string(kIngestBatchBytes - 1'000, 'x')));
  queue.push(draft(std::string(2'000, 'x')));
  queue.push(draft("last"));
  EXPECT_EQ(queue.take().size(), 1U);
  EXPECT_EQ(queue.take().size(), 2U);
  const auto last = queue.take();
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].data, "last");
  EXPECT_EQ(queue.bytes(), 0U);
}

}  // namespace
}  // namespace gateway::backbone
