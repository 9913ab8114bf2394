#include "base/quantity.h"

#include <limits>
#include <span>

#include "base/text.h"

namespace gateway::base {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
// Largest first.
constexpr Unit kDurations[] = {{"h", kHour}, {"m", kMinute}, {"s", kSecond}, {"ms", 1}};
constexpr Unit kSizes[] = {{"GiB", kGiB}, {"MiB", kMiB}, {"KiB", kKiB}};

/// The number of the smallest unit in `text`, whose suffix must be exactly one of `units`.
std::optional<std::uint64_t> parse(std::string_view text, std::span<const Unit> units) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint64_t> number = parse_decimal(text.substr(0, digits));
  for (const Unit& unit : units) {
    if (text.substr(digits) != unit.name || !number) continue;
    if (*number > std::numeric_limits<std::uint64_t>::max() / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

std::string format(std::uint64_t value, std::span<const Unit> units, std::string_view smallest) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) {
      return std::to_string(value / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(value) + std::string(smallest);
}

}  // namespace

std::optional<std::uint64_t> parse_duration_ms(std::string_view text) {
  return parse(text, kDurations);
}

std::string format_duration_ms(std::uint64_t milliseconds) {
  return format(milliseconds, kDurations, "s");
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const std::optional<std::uint64_t> bytes = parse_decimal(text);
  return bytes ? bytes : parse(text, kSizes);
}

std::string format_size(std::uint64_t bytes) { return format(bytes, kSizes, ""); }

}  // namespace gateway::base
