#include "http/h2_library.h"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

#include <nghttp2/nghttp2.h>

#include "base/check.h"
#include "base/heap.h"
#include "http/h2_callbacks.h"

namespace gateway::http {

namespace {

constexpr std::size_t kOutboundFramesMax = 1000;
constexpr std::uint64_t kResetBurst = 1000;
constexpr std::size_t kOutboundAcksMax = 100;
constexpr std::size_t kContinuationsMax = 8;
constexpr std::uint64_t kResetsPerSecond = 33;
constexpr std::uint32_t kStreamWindowBytes = 64 * 1024;
constexpr std::int32_t kConnectionWindowBytes = 256 * 1024;

// The allocator knows the size of each block, so the account costs no header of its own.
void account(void* user, std::size_t before, std::size_t after) {
  auto& memory = *static_cast<H2Memory*>(user);
  memory.bytes += after - before;
  memory.total.add(static_cast<std::int64_t>(after) - static_cast<std::int64_t>(before));
}

void* counted_malloc(std::size_t size, void* user) {
  void* const block = base::heap_allocate(size);
  account(user, 0, malloc_usable_size(block));
  return block;
}

void counted_free(void* block, void* user) {
  account(user, malloc_usable_size(block), 0);
  base::heap_free(block);
}

void* counted_calloc(std::size_t count, std::size_t size, void* user) {
  void* block = base::heap_allocate(count * size);
  std::memset(block, 0, count * size);
  account(user, 0, malloc_usable_size(block));
  return block;
}

// The library takes a buffer for its longest frame and uses the first few bytes of it: the pages
// that lie within it are given back to the system until somebody writes there.
void* counted_large(std::size_t size, void* user) {
  constexpr std::uintptr_t kPage = 4096;
  void* const block = counted_malloc(size, user);
  const auto begin = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t first = (begin + kPage - 1) / kPage * kPage;
  const std::uintptr_t last = (begin + size) / kPage * kPage;
  // Refused, on a system with larger pages say, it costs memory and nothing else.
  ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
  return block;
}

void* counted_realloc(void* block, std::size_t size, void* user) {
  constexpr std::size_t kLarge = 16 * 1024;
  if (block == nullptr && size >= kLarge) return counted_large(size, user);
  const std::size_t before = malloc_usable_size(block);
  void* moved = base::heap_reallocate(block, size);
  account(user, before, malloc_usable_size(moved));
  return moved;
}

using OptionPtr = std::unique_ptr<nghttp2_option, decltype(&nghttp2_option_del)>;
using CallbacksPtr =
    std::unique_ptr<nghttp2_session_callbacks, decltype(&nghttp2_session_callbacks_del)>;

OptionPtr make_option(const Options& options) {
  nghttp2_option* option = nullptr;
  BC_CHECK(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, 1);
  // It would keep as many as may be open, 240 bytes each, for a tree of priorities that is flat
  // here.
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_outbound_ack(option, kOutboundAcksMax);
  nghttp2_option_set_max_continuations(option, kContinuationsMax);
  // Closing an EventSource is a reset too: a page with hundreds of them may be reloaded at once.
  nghttp2_option_set_stream_reset_rate_limit(
      option, std::max(kResetBurst, std::uint64_t{4} * options.max_concurrent_streams),
      kResetsPerSecond);
  return {option, nghttp2_option_del};
}

void submit_settings(nghttp2_session* library, const Options& options) {
  const std::array<nghttp2_settings_entry, 3> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options.max_concurrent_streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindowBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(options.header_bytes)},
  }};
  BC_CHECK(nghttp2_submit_settings(library, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) ==
           0);
  BC_CHECK(nghttp2_session_set_local_window_size(library, NGHTTP2_FLAG_NONE, 0,
                                                 kConnectionWindowBytes) == 0);
}

}  // namespace

std::size_t h2_outbound_frames_max(const Options& options) {
  return std::max(kOutboundFramesMax, std::size_t{4} * options.max_concurrent_streams);
}

nghttp2_session* make_h2_library(H2Session& session, const Options& options, H2Memory& memory) {
  const OptionPtr option = make_option(options);
  nghttp2_session_callbacks* raw = nullptr;
  BC_CHECK(nghttp2_session_callbacks_new(&raw) == 0);
  const CallbacksPtr callbacks(raw, nghttp2_session_callbacks_del);
  H2Callbacks::install(raw);

  nghttp2_mem mem = {&memory, counted_malloc, counted_free, counted_calloc, counted_realloc};
  nghttp2_session* library = nullptr;
  BC_CHECK(nghttp2_session_server_new3(&library, raw, &session, option.get(), &mem) == 0);
  submit_settings(library, options);
  return library;
}

}  // namespace gateway::http
