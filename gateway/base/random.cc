#include "base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/check.h"
#include "base/text.h"

namespace gateway::base {

std::uint64_t Random::below(std::uint64_t bound) {
  BC_CHECK(bound >= 1);
  const std::uint64_t usable = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t value = next();
  while (value >= usable) value = next();
  return value % bound;
}

std::string Random::token(std::size_t length) {
  std::string text;
  text.reserve(length);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < length; ++i) {
    if (i % 10 == 0) bits = next();
    text.push_back(kBase64Url[bits & 63U]);
    bits >>= 6U;
  }
  return text;
}

std::uint64_t SystemRandom::next() {
  if (left_ == 0) {
    std::size_t filled = 0;
    auto* bytes = reinterpret_cast<unsigned char*>(pool_);
    while (filled < sizeof pool_) {
      const ssize_t got = getrandom(bytes + filled, sizeof pool_ - filled, 0);
      BC_CHECK(got > 0 || errno == EINTR, got, errno);
      if (got > 0) filled += static_cast<std::size_t>(got);
    }
    left_ = sizeof pool_ / sizeof pool_[0];
  }
  return pool_[--left_];
}

std::uint64_t SeededRandom::next() {
  state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

}  // namespace gateway::base
