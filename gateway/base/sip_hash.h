// What: SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012): a fast hash under a secret.
// Whoever does not know the secret and sees no digest can neither find two texts of one digest nor
// fill one bucket of a table. Thread: pure functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace gateway::base {

/// The secret: 16 bytes as two little-endian words.
struct SipKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

struct Digest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const Digest&, const Digest&) = default;
};

Digest sip_hash(SipKey key, std::string_view text);

}  // namespace gateway::base
