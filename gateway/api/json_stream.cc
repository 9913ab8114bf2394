#include "api/json_stream.h"

namespace gateway::api {
namespace {

std::size_t digits(std::string_view json, std::size_t at) {
  std::size_t end = at;
  while (end < json.size() && json[end] >= '0' && json[end] <= '9') ++end;
  return end - at;
}

bool is_at(std::string_view json, std::size_t at, std::string_view any) {
  return at < json.size() && any.find(json[at]) != std::string_view::npos;
}

}  // namespace

std::size_t json_number_length(std::string_view json) {
  std::size_t at = is_at(json, 0, "-") ? 1 : 0;
  const std::size_t whole = digits(json, at);
  if (whole == 0 || (whole > 1 && json[at] == '0')) return 0;
  at += whole;
  if (is_at(json, at, ".")) {
    const std::size_t fraction = digits(json, at + 1);
    if (fraction == 0) return 0;
    at += 1 + fraction;
  }
  if (is_at(json, at, "eE")) {
    const std::size_t sign = is_at(json, at + 1, "+-") ? 1 : 0;
    const std::size_t exponent = digits(json, at + 1 + sign);
    if (exponent == 0) return 0;
    at += 1 + sign + exponent;
  }
  return at == json.size() || is_at(json, at, " \t\r\n,:]}") ? at : 0;
}

}  // namespace gateway::api
