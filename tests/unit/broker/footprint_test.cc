// What a stream costs while nothing happens: a process may hold a million of them. Every heap
// allocation of this program is counted.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "broker/prefix_trie.h"
#include "unit/broker/hub_fixture.h"

namespace {

// With glibc's own header and rounding, which a size alone does not show.
std::size_t real_size(std::size_t size) {
  return std::max<std::size_t>(32, (size + 8 + 15) & ~15U);
}

std::atomic<std::int64_t> heap_bytes{0};
std::atomic<std::int64_t> allocations{0};

}  // namespace

void* operator new(std::size_t size) {
  constexpr std::size_t kHeader = alignof(std::max_align_t);
  auto* block = static_cast<char*>(std::malloc(size + kHeader));
  if (block == nullptr) std::abort();
  *reinterpret_cast<std::size_t*>(block) = size;
  heap_bytes += static_cast<std::int64_t>(real_size(size));
  ++allocations;
  return block + kHeader;
}
void operator delete(void* object) noexcept {
  constexpr std::size_t kHeader = alignof(std::max_align_t);
  if (object == nullptr) return;
  char* block = static_cast<char*>(object) - kHeader;
  heap_bytes -= static_cast<std::int64_t>(real_size(*reinterpret_cast<std::size_t*>(block)));
  std::free(block);
}
void operator delete(void* object, std::size_t) noexcept { operator delete(object); }
// The sanitizers have array forms of their own, which would not come by here.
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete[](void* object) noexcept { operator delete(object); }
void operator delete[](void* object, std::size_t) noexcept { operator delete(object); }

namespace gateway::broker {
namespace {

class Quiet final : public Subscription::Listener {
 public:
  void blocks_ready() override {}
  void stalled() override {}
};

class FootprintTest : public HubTest {
 protected:
  static HistoryOptions nothing_held() {
    HistoryOptions history;
    history.board.events = 0;
    return history;
  }
  FootprintTest() : HubTest(nothing_held()) {}
  static constexpr int kStreams = 1'000;

  /// Opens kStreams streams of one board each: `boards` different ones.
  void open(int boards) {
    streams_.reserve(kStreams);
    for (int i = 0; i < kStreams; ++i) {
      streams_.push_back(hub_.subscribe(settings({"board-" + std::to_string(i % boards)}), quiet_));
    }
  }
  void pull_all() {
    for (const auto& stream : streams_) {
      while (stream->front() != nullptr) stream->pop();
    }
  }

  Quiet quiet_;
  std::vector<std::unique_ptr<Subscription>> streams_;
};

TEST_F(FootprintTest, AnIdleStreamIsSmall) {
  streams_.reserve(kStreams);
  const std::int64_t before = heap_bytes;
  open(10);
  const double each = static_cast<double>(heap_bytes - before) / kStreams;
  RecordProperty("bytes", static_cast<int>(each));
  EXPECT_LE(each, 176) << "subscription, place in the board's list, a share of the filters";
}

TEST_F(FootprintTest, StreamsOfTheirOwnBoardsCostTheirNames) {
  streams_.reserve(kStreams);
  const std::int64_t before = heap_bytes;
  open(kStreams);
  EXPECT_LE((heap_bytes - before) / kStreams, 700) << "a filter, and a board of the index and log";
}

TEST_F(FootprintTest, DeliveringAllocatesNothingPerStream) {
  open(1);
  for (int i = 0; i < 20; ++i) {
    publish({"board-0"}, "x");
    const std::int64_t before = allocations;
    spread();
    pull_all();
    EXPECT_LE(allocations - before, 10) << "the block, the form's text, the outbox";
  }
}

TEST_F(FootprintTest, ABurstGivesItsMemoryBackWhenSilent) {
  open(1);
  publish({"board-0"}, "x");
  spread();
  pull_all();
  const std::int64_t before = heap_bytes;
  for (int i = 0; i < 200; ++i) publish({"board-0"}, "x");
  spread();
  EXPECT_GT(heap_bytes - before, kStreams * 200 * 8);
  pull_all();
  for (int i = 0; i < 2; ++i) {
    run(options_.heartbeat + std::chrono::seconds(1));
    pull_all();
  }
  EXPECT_LT(heap_bytes - before, 16 * 1'024) << "what is left belongs to the hub, not to streams";
}

// What the history says that it costs bounds it: so a board may not keep the room of a burst that
// is gone.
TEST(HistoryFootprint, ABurstOfEachBoardIsGivenBack) {
  constexpr int kBoards = 100;
  HistoryOptions options;
  options.total_bytes = std::size_t{1} << 20U;
  const std::int64_t before = heap_bytes;
  History history(options);
  const auto publish = [&](int board) {
    History::Released released;
    history.append(base::make_intrusive<const Event>(draft({std::to_string(board)}, "x"),
                                                     EventId{7, history.head() + 1}, 0),
                   base::MonoTime{}, released);
  };
  for (int board = 0; board < kBoards; ++board) {
    for (int i = 0; i < 1'000; ++i) publish(board);
    for (int alive = 0; alive <= board; ++alive) publish(alive);
  }
  EXPECT_GE(history.boards(), static_cast<std::size_t>(kBoards));
  EXPECT_LE(static_cast<std::size_t>(heap_bytes - before), 3 * history.bytes() / 2);
}

// A client chooses how long its patterns are, and one request may name many.
TEST(TrieFootprint, LongPatternsCostLittleMoreThanTheirBytes) {
  base::SeededRandom random(3);
  std::vector<std::string> prefixes(63, std::string(250, ' '));
  for (std::string& prefix : prefixes) {
    for (char& c : prefix) c = static_cast<char>('a' + random.below(26));
  }
  const std::int64_t before = heap_bytes;
  PrefixTrie<std::uint64_t> trie;
  for (const std::string& prefix : prefixes) trie.at(prefix) = 1;
  EXPECT_LT(heap_bytes - before, 64 * 1'024);
  for (const std::string& prefix : prefixes) {
    trie.at(prefix) = 0;
    trie.prune(prefix, [](std::uint64_t value) { return value == 0; });
  }
  EXPECT_EQ(heap_bytes - before, 0);
}

}  // namespace
}  // namespace gateway::broker
