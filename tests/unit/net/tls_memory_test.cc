#include "net/tls_memory.h"

#include <malloc.h>

#include <gtest/gtest.h>

#include "base/heap.h"

namespace gateway::net {
namespace {

constexpr std::size_t kForWriting = 16'476;  // what OpenSSL 3.0 asks for
constexpr std::size_t kForReading = 16'716;

TEST(RecordBuffer, TheNextConnectionGetsTheOneThatWasGivenBack) {
  RecordBuffer buffer;
  void* const first = buffer.allocate(kForWriting);
  buffer.free(first);
  void* const between = base::heap_allocate(17 * 1024);  // gets what went back to the allocator
  void* const second = buffer.allocate(kForReading);
  EXPECT_EQ(second, first);
  void* const beside = buffer.allocate(kForWriting);
  EXPECT_NE(beside, second);
  buffer.free(second);
  buffer.free(beside);
  base::heap_free(between);
}

TEST(RecordBuffer, KeepsOneAndNothingElse) {
  const auto before = static_cast<std::int64_t>(base::heap_bytes());
  constexpr int kBuffers = 64;
  constexpr std::size_t kOther = 32 * 1024;
  {
    RecordBuffer buffer;
    void* blocks[2 * kBuffers];
    for (int i = 0; i < kBuffers; ++i) {
      blocks[2 * i] = buffer.allocate(kForWriting);
      blocks[2 * i + 1] = buffer.allocate(kOther);
    }
    for (void* block : blocks) buffer.free(block);
    // The count of the heap is true but for 64 KiB.
    EXPECT_LT(static_cast<std::int64_t>(base::heap_bytes()) - before, 128 * 1024);
  }
  EXPECT_LT(static_cast<std::int64_t>(base::heap_bytes()) - before, 128 * 1024);
}

/// A buffer that keeps nothing yet is given back a block of so many bytes.
void expect_not_taken_for_a_record(std::size_t bytes) {
  RecordBuffer buffer;
  buffer.free(base::heap_allocate(bytes));
  void* const record = buffer.allocate(kForWriting);
  EXPECT_GE(malloc_usable_size(record), std::size_t{17} * 1024);
  EXPECT_LT(malloc_usable_size(record), std::size_t{18} * 1024);
  buffer.free(record);
}

TEST(RecordBuffer, KeepsNoSmallBlock) { expect_not_taken_for_a_record(24); }
TEST(RecordBuffer, KeepsNoBlockThatOnlyARecordsContentFits) {
  expect_not_taken_for_a_record(16'384);
}
TEST(RecordBuffer, KeepsNoLargeBlock) { expect_not_taken_for_a_record(std::size_t{32} * 1024); }

}  // namespace
}  // namespace gateway::net
