#include "net/tls_memory.h"

#include <openssl/crypto.h>

#include "base/heap.h"

namespace gateway::net {

bool count_tls_memory() {
  const int result = CRYPTO_set_mem_functions(
      [](std::size_t bytes, const char*, int) {
        return bytes == 0 ? nullptr : base::heap_allocate(bytes);
      },
      [](void* block, std::size_t bytes, const char*, int) {
        return base::heap_reallocate(block, bytes);
      },
      [](void* block, const char*, int) {
        if (block != nullptr) base::heap_free(block);
      });
  return result == 1;
}

}  // namespace gateway::net
