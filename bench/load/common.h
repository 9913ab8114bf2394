// What: the clock and the emergency exit of the load generator. Thread: any.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace bench {

inline std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

constexpr std::int64_t kSecond = 1'000'000'000;

/// Ends the program (exit code 2) with a message on standard error.
[[noreturn]] void die(const std::string& message);

}  // namespace bench
