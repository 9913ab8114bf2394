#include "base/heap.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "base/thread_annotations.h"

namespace gateway::base {
namespace {

constexpr std::int64_t kStep = 64 * 1024;

constinit std::atomic<std::int64_t> settled{0};
constinit thread_local std::int64_t unsettled = 0;

void settle() {
  settled.fetch_add(unsettled, std::memory_order_relaxed);
  unsettled = 0;
}

void count(std::int64_t bytes) {
  unsettled += bytes;
  if (unsettled < kStep && unsettled > -kStep) return;
  settle();
}

// The allocator knows the size of each block, so the count needs no header of its own.
std::int64_t size_of(void* block) { return static_cast<std::int64_t>(malloc_usable_size(block)); }

struct Reserve {
  Mutex mutex;
  void* block BC_GUARDED_BY(mutex) = nullptr;
  std::size_t bytes BC_GUARDED_BY(mutex) = 0;
  MemoryState* state BC_GUARDED_BY(mutex) = nullptr;
  std::atomic<std::uint64_t> spent{0};
};

Reserve& reserve() {
  static Reserve one;
  return one;
}

[[noreturn]] void end_without_memory(std::size_t bytes) {
  char text[160];
  const int length = std::snprintf(
      text, sizeof text,
      "boardcast: out of memory: %zu bytes asked for with %zu in use; see limits.memory\n", bytes,
      heap_bytes());
  // Nothing is left to do when this fails, too.
  [[maybe_unused]] const ssize_t wrote =
      ::write(STDERR_FILENO, text, static_cast<std::size_t>(std::max(length, 0)));
  std::abort();
}

}  // namespace

std::size_t heap_bytes() {
  return static_cast<std::size_t>(
      std::max<std::int64_t>(0, settled.load(std::memory_order_relaxed)));
}

// By a destructor, since what the thread's function holds is freed when it has returned.
void heap_settle_at_thread_end() {
  struct AtEnd {
    ~AtEnd() { settle(); }
  };
  thread_local AtEnd at_end;
}

void* heap_allocate(std::size_t bytes) {
  const std::size_t asked = std::max<std::size_t>(bytes, 1);
  void* block = std::malloc(asked);
  if (block == nullptr) [[unlikely]]
    block = heap_recover(asked, std::malloc);
  count(size_of(block));
  return block;
}

void* heap_reallocate(void* block, std::size_t bytes) {
  if (block == nullptr) return heap_allocate(bytes);
  if (bytes == 0) {
    heap_free(block);
    return nullptr;
  }
  const std::int64_t before = size_of(block);
  void* moved = std::realloc(block, bytes);
  if (moved == nullptr) [[unlikely]] {
    moved = heap_recover(bytes, std::malloc);
    std::copy_n(static_cast<char*>(block), std::min(bytes, static_cast<std::size_t>(before)),
                static_cast<char*>(moved));
    std::free(block);
  }
  count(size_of(moved) - before);
  return moved;
}

void heap_free(void* block) {
  count(-size_of(block));
  std::free(block);
}

bool heap_hold_reserve(std::size_t bytes, MemoryState& state) {
  Reserve& kept = reserve();
  const MutexLock lock(kept.mutex);
  if (kept.block != nullptr) return true;
  void* block = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) return false;
  kept.block = block;
  kept.bytes = bytes;
  kept.state = &state;
  return true;
}

std::uint64_t heap_reserves_spent() { return reserve().spent.load(std::memory_order_relaxed); }

void* heap_recover(std::size_t bytes, void* (*allocate)(std::size_t)) {
  Reserve& kept = reserve();
  const MutexLock lock(kept.mutex);
  // Of several threads that fail at once, the first has made room for the others.
  if (void* block = allocate(bytes)) return block;
  if (kept.block != nullptr) {
    ::munmap(kept.block, kept.bytes);
    kept.block = nullptr;
    kept.state->store(MemoryLevel::critical);
    kept.spent.fetch_add(1, std::memory_order_relaxed);
    if (void* block = allocate(bytes)) return block;
  }
  end_without_memory(bytes);
}

}  // namespace gateway::base

// All forms but the over-aligned ones, which come in pairs of their own: those of the sanitizers do
// not come down to one, as the standard library's do.
using gateway::base::heap_allocate;
using gateway::base::heap_free;
void* operator new(std::size_t bytes) { return heap_allocate(bytes); }
void* operator new[](std::size_t bytes) { return heap_allocate(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return heap_allocate(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return heap_allocate(bytes);
}
void operator delete(void* block) noexcept { heap_free(block); }
void operator delete[](void* block) noexcept { heap_free(block); }
void operator delete(void* block, std::size_t /*bytes*/) noexcept { heap_free(block); }
void operator delete[](void* block, std::size_t /*bytes*/) noexcept { heap_free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { heap_free(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { heap_free(block); }
