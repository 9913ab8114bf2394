#include "config/variables.h"

#include <optional>

namespace gateway::config {
namespace {

constexpr std::string_view kStart = "_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kName =
    "_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The value of what stands between the braces.
base::Result<std::string> look_up(std::string_view inside, const Environment& environment) {
  const std::size_t end = inside.find_first_not_of(kName);
  const std::string name(inside.substr(0, end));
  if (name.empty() || kStart.find(name.front()) == std::string_view::npos) {
    return base::Fail{base::Error{"${ must be followed by the name of a variable"}};
  }
  const std::string_view rest =
      end == std::string_view::npos ? std::string_view() : inside.substr(end);
  std::optional<std::string> value = environment(name);
  if (rest.empty()) {
    if (value) return *std::move(value);
    return base::Fail{base::Error{"the environment variable " + name +
                                  " is not set; set it, or write ${" + name + ":-default}"}};
  }
  if (rest.substr(0, 2) != ":-") {
    return base::Fail{base::Error{"only ${" + name + "} and ${" + name + ":-default} are known"}};
  }
  if (rest.find_first_of("${") != std::string_view::npos) {
    return base::Fail{base::Error{"a variable inside the default of " + name}};
  }
  return value && !value->empty() ? *std::move(value) : std::string(rest.substr(2));
}

}  // namespace

base::Result<std::string> expand(std::string_view text, const Environment& environment) {
  std::string out;
  std::size_t at = 0;
  for (;;) {
    const std::size_t dollar = text.find('$', at);
    out += text.substr(at, dollar - at);
    if (dollar == std::string_view::npos) return out;
    const std::string_view rest = text.substr(dollar + 1);
    if (rest.substr(0, 1) == "$") {
      out += '$';
      at = dollar + 2;
      continue;
    }
    const std::size_t brace = rest.find('}');
    if (rest.substr(0, 1) != "{") {
      return base::Fail{base::Error{"a single $; write $$ for a dollar, ${NAME} for a variable"}};
    }
    if (brace == std::string_view::npos) return base::Fail{base::Error{"${ without its }"}};
    base::Result<std::string> value = look_up(rest.substr(1, brace - 1), environment);
    if (!value) return value;
    out += *value;
    at = dollar + 1 + brace + 1;
  }
}

}  // namespace gateway::config
