// What: lets the TLS library take its memory from the counted heap (base/heap.h), and keeps one of
// the record buffers that it gives back for the next connection (RecordBuffer). AddressSanitizer
// would miss what happens to a block that is kept or larger than was asked for: where it watches,
// nothing is kept. Thread: count_tls_memory is for the main thread, before anything else uses that
// library; each thread has a RecordBuffer of its own.
#pragma once

#include <cstddef>

namespace gateway::net {

/// False: too late, it has taken some already; what it takes stays uncounted.
bool count_tls_memory();

/// The buffer of a record, which a connection takes for each read and write and then gives back, so
/// that idle ones hold none (SSL_MODE_RELEASE_BUFFERS): a thread keeps one of them, and the next
/// connection gets what is in the processor's cache. Owner: a thread.
class RecordBuffer {
 public:
  RecordBuffer() = default;
  ~RecordBuffer();
  RecordBuffer(const RecordBuffer&) = delete;
  RecordBuffer& operator=(const RecordBuffer&) = delete;

  /// Never null.
  void* allocate(std::size_t bytes);
  /// `block` is not null, and from `allocate`, whoever's.
  void free(void* block);

 private:
  void* kept_ = nullptr;
};

}  // namespace gateway::net
