#include "base/sized.h"

#include "base/text.h"

namespace gateway::base {

void append_sized(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

std::string_view SizedReader::text() {
  const auto size = take_decimal(rest_, ':');
  if (!size || *size > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view taken = rest_.substr(0, *size);
  rest_.remove_prefix(*size);
  return taken;
}

std::uint64_t SizedReader::number() {
  const auto number = parse_decimal(text());
  if (!number) ok_ = false;
  return number.value_or(0);
}

std::size_t SizedReader::count(std::size_t max) {
  const std::uint64_t count = number();
  if (count <= max) return count;
  ok_ = false;
  return 0;
}

}  // namespace gateway::base
