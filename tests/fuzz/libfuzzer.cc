// What libFuzzer calls: the one target that is linked.
#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gateway::fuzz::targets().front().run({reinterpret_cast<const char*>(data), size});
  return 0;
}
