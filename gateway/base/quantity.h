// What: durations and sizes as people write them: `500ms`, `15s`, `5m`, `2h`; `64KiB`, `1MiB`,
// `2GiB`, `1024`. Whole numbers with one unit, so that a value has one reading. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::base {

/// In milliseconds.
inline constexpr std::uint64_t kSecond = 1'000;
inline constexpr std::uint64_t kMinute = 60 * kSecond;
inline constexpr std::uint64_t kHour = 60 * kMinute;
/// In bytes.
inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

/// Milliseconds; nothing when the unit is missing or unknown, or the number does not fit.
std::optional<std::uint64_t> parse_duration_ms(std::string_view text);
/// The largest unit that says it exactly: "90s", "2m", "0s".
std::string format_duration_ms(std::uint64_t milliseconds);

/// Bytes; without a unit the number is bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);
std::string format_size(std::uint64_t bytes);

}  // namespace gateway::base
