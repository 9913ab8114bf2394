// What: assertions for broken invariants (bugs), as opposed to operating errors, which are values.
// A failed check prints the expression and the values named, then aborts. Always on, in every
// build.
#pragma once

#include <sstream>
#include <string>

namespace gateway::base {

/// Prints `file:line: check failed: expression (values)` to standard error and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* expression,
                               const std::string& values);

/// "a, b, c" of anything that streams; cold path only.
template <typename... Values>
std::string check_values(const Values&... values) {
  std::ostringstream out;
  [[maybe_unused]] const char* separator = "";
  ((out << separator << values, separator = ", "), ...);
  return out.str();
}

}  // namespace gateway::base

/// BC_CHECK(expression, values…): aborts with the values printed unless the expression holds.
#define BC_CHECK(expression, ...)                                                \
  do {                                                                           \
    if (!(expression)) [[unlikely]] {                                            \
      ::gateway::base::check_failed(__FILE__, __LINE__, #expression,             \
                                    ::gateway::base::check_values(__VA_ARGS__)); \
    }                                                                            \
  } while (false)
