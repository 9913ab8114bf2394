#include "auth/algorithm.h"

#include <algorithm>
#include <array>

#include "auth/options.h"

namespace gateway::auth {
namespace {

constexpr std::size_t kHashes = 3;  // of each family, in this order
constexpr std::array<std::size_t, kHashes> kHashBits = {256, 384, 512};
constexpr std::array<std::size_t, kHashes> kCurveBits = {256, 384, 521};

std::size_t index_of(Algorithm algorithm) { return static_cast<std::size_t>(algorithm); }

}  // namespace

std::optional<Algorithm> parse_algorithm(std::string_view name) {
  const auto* const found = std::find(kAlgorithmNames.begin(), kAlgorithmNames.end(), name);
  if (found == kAlgorithmNames.end()) return std::nullopt;
  return static_cast<Algorithm>(found - kAlgorithmNames.begin());
}

std::string_view to_string(Algorithm algorithm) { return kAlgorithmNames[index_of(algorithm)]; }

KeyKind key_kind(Algorithm algorithm) {
  if (algorithm <= Algorithm::hs512) return KeyKind::secret;
  return algorithm <= Algorithm::ps512 ? KeyKind::rsa : KeyKind::ec;
}

std::size_t hash_bits(Algorithm algorithm) { return kHashBits[index_of(algorithm) % kHashes]; }

std::size_t curve_bits(Algorithm algorithm) { return kCurveBits[index_of(algorithm) % kHashes]; }

std::optional<Algorithm> ec_algorithm(std::size_t curve_bits) {
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::es384, Algorithm::es512}) {
    if (auth::curve_bits(algorithm) == curve_bits) return algorithm;
  }
  return std::nullopt;
}

}  // namespace gateway::auth
