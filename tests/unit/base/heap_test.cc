#include "base/heap.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace gateway::base {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20U;
constexpr std::size_t kUnsettled = std::size_t{256} * 1024;  // by some threads

MemoryState state{MemoryLevel::normal};
int failures_left = 0;
/// The system's allocator when it has too little for so many attempts.
void* fail_at_first(std::size_t bytes) {
  return failures_left-- > 0 ? nullptr : std::malloc(bytes);
}
void* fail_always(std::size_t /*bytes*/) { return nullptr; }

TEST(Heap, CountsWhatIsInUse) {
  const std::size_t before = heap_bytes();
  {
    const auto large = std::make_unique<char[]>(16 * kMiB);
    EXPECT_NEAR(static_cast<double>(heap_bytes() - before), 16.0 * kMiB, kUnsettled);
    std::vector<std::string> small;
    for (int i = 0; i < 10'000; ++i) small.emplace_back(1000, 'x');
    EXPECT_GT(heap_bytes(), before + 16 * kMiB + 10'000'000 - kUnsettled);
  }
  EXPECT_NEAR(static_cast<double>(heap_bytes()), static_cast<double>(before), kUnsettled);
}

TEST(Heap, CountsWhatOneThreadTakesAndAnotherGivesBack) {
  const std::size_t before = heap_bytes();
  std::unique_ptr<char[]> block;
  std::thread([&] { block = std::make_unique<char[]>(16 * kMiB); }).join();
  EXPECT_GT(heap_bytes(), before + 16 * kMiB - kUnsettled);
  block.reset();
  EXPECT_LT(heap_bytes(), before + kUnsettled);
}

TEST(Heap, ThreadsThatComeAndGoForgetNothing) {
  constexpr std::size_t kThreads = 32;
  constexpr std::size_t kBytes = std::size_t{48} * 1024;  // less than what is settled at once
  const std::size_t before = heap_bytes();
  std::vector<std::unique_ptr<char[]>> left(kThreads);
  for (auto& block : left) {
    std::thread([&block, given = std::make_unique<char[]>(kBytes)] {
      heap_settle_at_thread_end();
      block = std::make_unique<char[]>(kBytes / 3);
    }).join();
  }
  EXPECT_NEAR(static_cast<double>(heap_bytes()),
              static_cast<double>(before + kThreads * kBytes / 3), kUnsettled);
}

TEST(Heap, ReallocationKeepsContentAndCount) {
  const std::size_t before = heap_bytes();
  void* block = heap_reallocate(nullptr, 100);
  std::memset(block, 'x', 100);
  block = heap_reallocate(block, 4 * kMiB);
  EXPECT_EQ(std::string(static_cast<char*>(block), 100), std::string(100, 'x'));
  EXPECT_GT(heap_bytes(), before + 4 * kMiB - kUnsettled);
  EXPECT_EQ(heap_reallocate(block, 0), nullptr);
  EXPECT_LT(heap_bytes(), before + kUnsettled);
}

TEST(Heap, AFailedAllocationGivesUpTheReserveAndGoesOn) {
  ASSERT_TRUE(heap_hold_reserve(kMiB, state));
  ASSERT_TRUE(heap_hold_reserve(kMiB, state)) << "is there already";
  const std::uint64_t spent = heap_reserves_spent();
  failures_left = 1;
  const std::unique_ptr<void, void (*)(void*)> block(heap_recover(100, fail_at_first), std::free);
  EXPECT_NE(block, nullptr);
  EXPECT_EQ(heap_reserves_spent(), spent + 1);
  EXPECT_EQ(state, MemoryLevel::critical) << "at once, whoever looks at it when";
}

TEST(Heap, WhoFailsBesideAnotherNeedsNoReserve) {
  ASSERT_TRUE(heap_hold_reserve(kMiB, state));
  const std::uint64_t spent = heap_reserves_spent();
  failures_left = 0;  // the other has made room
  const std::unique_ptr<void, void (*)(void*)> block(heap_recover(100, fail_at_first), std::free);
  EXPECT_EQ(heap_reserves_spent(), spent);
}

TEST(HeapDeathTest, WithoutMemoryItSaysSoAndEnds) {
  EXPECT_DEATH(heap_recover(12'345, fail_always), "boardcast: out of memory: 12345 bytes asked");
}

}  // namespace
}  // namespace gateway::base
