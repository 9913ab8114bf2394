#include "client/backoff.h"

#include <algorithm>

namespace gateway::client {

std::chrono::milliseconds Backoff::next() {
  std::chrono::milliseconds bound = first_;
  for (unsigned i = 0; i < failures_ && bound < cap_; ++i) bound *= 2;
  bound = std::min(bound, cap_);
  ++failures_;
  const std::chrono::milliseconds half = bound / 2;
  const auto spread = static_cast<std::uint64_t>((bound - half).count());
  return half + std::chrono::milliseconds(random_.below(spread + 1));
}

void Backoff::set_first(std::chrono::milliseconds first) {
  first_ = std::clamp(first, std::chrono::milliseconds(1), cap_);
}

}  // namespace gateway::client
