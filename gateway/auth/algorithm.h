// What: the twelve signature algorithms that are spoken (RFC 7518 §3.1). `none` is not one of them.
// Thread: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gateway::auth {

enum class Algorithm : std::uint8_t {
  hs256,
  hs384,
  hs512,
  rs256,
  rs384,
  rs512,
  ps256,
  ps384,
  ps512,
  es256,
  es384,
  es512,
};

/// What kind of key signs: HS, RS and PS, ES.
enum class KeyKind : std::uint8_t { secret, rsa, ec };

/// "RS256", in these letters alone.
std::optional<Algorithm> parse_algorithm(std::string_view name);
std::string_view to_string(Algorithm algorithm);
KeyKind key_kind(Algorithm algorithm);
/// Of the hash: 256, 384 or 512. What a secret needs at least (RFC 7518 §3.2).
std::size_t hash_bits(Algorithm algorithm);
/// Of the curve, for ES: 256, 384, or 521 with ES512 (RFC 7518 §3.4).
std::size_t curve_bits(Algorithm algorithm);

/// The algorithm of an EC key, which has only one.
std::optional<Algorithm> ec_algorithm(std::size_t curve_bits);

}  // namespace gateway::auth
