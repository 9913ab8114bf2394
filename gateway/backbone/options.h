// What: the bounds of the backbone, with defaults. Filled by `config`. Thread: a plain value; the
// backbone keeps what it needs and is told of changes.
#pragma once

#include <chrono>
#include <cstddef>

namespace gateway::backbone {

struct Options {
  /// How long the key of a publish is remembered. Zero: not at all.
  std::chrono::milliseconds dedupe_window{120'000};
  /// Keys remembered at most, at least 1; the oldest are forgotten first.
  std::size_t dedupe_keys = 1'000'000;
};

/// Bytes of a key (UTF-8).
inline constexpr std::size_t kKeyBytesMax = 256;

}  // namespace gateway::backbone
