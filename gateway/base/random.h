// What: random bytes as an injected interface: the kernel's in production, seeded in simulation.
// Thread: every object belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace gateway::base {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
  /// Uniform in [0, bound); `bound` ≥ 1.
  std::uint64_t below(std::uint64_t bound);
  /// `length` characters of kBase64Url, 6 bits each.
  std::string token(std::size_t length);
};

/// getrandom(2), buffered; suitable for unguessable ids.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;

 private:
  std::uint64_t pool_[32] = {};
  std::size_t left_ = 0;
};

/// splitmix64: reproducible, not unguessable. For tests and simulation.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  std::uint64_t state_;
};

}  // namespace gateway::base
