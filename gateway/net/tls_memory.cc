#include "net/tls_memory.h"

#include <malloc.h>

#include <utility>

#include <openssl/crypto.h>

#include "base/heap.h"

namespace gateway::net {
namespace {

/// What a connection asks for is in between: 16 KiB and what stands around them.
constexpr std::size_t kRecordBytesMin = 16 * 1024;
constexpr std::size_t kRecordBytesMax = 17 * 1024;
/// The allocator gives no piece away that is too small to be a block.
constexpr std::size_t kSlackBytes = 64;

// Whether AddressSanitizer watches, see the header.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kKeepsNothing = true;
#elif defined(__has_feature)
constexpr bool kKeepsNothing = __has_feature(address_sanitizer);
#else
constexpr bool kKeepsNothing = false;
#endif

/// The library frees some more while a thread ends, when its buffer has gone.
constinit thread_local bool thread_ends = false;

struct ThreadBuffer {
  ~ThreadBuffer() { thread_ends = true; }
  RecordBuffer buffer;
};

bool goes_to_the_heap() { return kKeepsNothing || thread_ends; }

RecordBuffer& buffer_of_thread() {
  thread_local ThreadBuffer one;
  return one.buffer;
}

void* allocate(std::size_t bytes, const char* /*file*/, int /*line*/) {
  if (bytes == 0) return nullptr;
  return goes_to_the_heap() ? base::heap_allocate(bytes) : buffer_of_thread().allocate(bytes);
}

void release(void* block, const char* /*file*/, int /*line*/) {
  if (block == nullptr) return;
  goes_to_the_heap() ? base::heap_free(block) : buffer_of_thread().free(block);
}

}  // namespace

bool count_tls_memory() {
  const int result = CRYPTO_set_mem_functions(
      allocate,
      [](void* block, std::size_t bytes, const char*, int) {
        return base::heap_reallocate(block, bytes);
      },
      release);
  return result == 1;
}

RecordBuffer::~RecordBuffer() {
  if (kept_ != nullptr) base::heap_free(kept_);
}

void* RecordBuffer::allocate(std::size_t bytes) {
  if (bytes <= kRecordBytesMin || bytes > kRecordBytesMax) return base::heap_allocate(bytes);
  if (kept_ != nullptr) return std::exchange(kept_, nullptr);
  return base::heap_allocate(kRecordBytesMax);
}

void RecordBuffer::free(void* block) {
  const std::size_t bytes = malloc_usable_size(block);
  if (kept_ == nullptr && bytes >= kRecordBytesMax && bytes < kRecordBytesMax + kSlackBytes) {
    kept_ = block;
  } else {
    base::heap_free(block);
  }
}

}  // namespace gateway::net
