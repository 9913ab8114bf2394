#include "app/time_option.h"

#include <CLI/CLI.hpp>

#include "base/quantity.h"

namespace gateway::app {
namespace {

/// Why `text` is no time, as CLI11 asks it; empty when it is one.
std::string duration_problem(const std::string& text) {
  constexpr std::uint64_t kYearMs = 366ULL * 86'400'000;
  return base::parse_duration_ms(text).value_or(kYearMs + 1) > kYearMs ? "write 500ms, 30s or 5m"
                                                                       : "";
}

}  // namespace

void add_duration(CLI::App* command, const std::string& name, std::chrono::milliseconds& value,
                  const std::string& what) {
  const auto take = [&value](const std::string& text) {
    value = std::chrono::milliseconds(base::parse_duration_ms(text).value_or(0));
  };
  command->add_option_function<std::string>(name, take, what)
      ->check(duration_problem)
      ->type_name("TIME");
}

}  // namespace gateway::app
