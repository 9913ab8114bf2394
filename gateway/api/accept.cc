#include "api/accept.h"

#include <array>
#include <cstddef>

#include "base/text.h"

namespace gateway::api {
namespace {

constexpr std::array<std::string_view, 3> kRanges = {"*/*", "text/*", "text/event-stream"};
constexpr std::size_t kExact = 2;

/// Is a qvalue of zero (RFC 9110 §12.4.2): "0", "0.", "0.000".
bool is_zero_weight(std::string_view value) {
  return !value.empty() && value.front() == '0' &&
         value.find_first_not_of('0', value.substr(1, 1) == "." ? 2 : 1) == std::string_view::npos;
}

bool is_refused(std::string_view parameters) {
  for (const std::string_view piece : base::split(parameters, ';')) {
    const std::string_view parameter = base::trim_ows(piece);
    if (base::ascii_equal_ignore_case(parameter.substr(0, 2), "q=")) {
      return is_zero_weight(base::trim_ows(parameter.substr(2)));
    }
  }
  return false;
}

enum class Verdict : unsigned char { unsaid, refused, accepted };

/// What the field says of each of kRanges.
std::array<Verdict, 3> read(std::string_view accept) {
  std::array<Verdict, 3> verdicts{};
  for (const std::string_view member : base::split(accept, ',')) {
    const std::size_t semicolon = member.find(';');
    const std::string_view range = base::trim_ows(member.substr(0, semicolon));
    for (std::size_t i = 0; i < kRanges.size(); ++i) {
      if (!base::ascii_equal_ignore_case(range, kRanges[i])) continue;
      const bool refused =
          semicolon != std::string_view::npos && is_refused(member.substr(semicolon + 1));
      if (!refused) verdicts[i] = Verdict::accepted;
      if (refused && verdicts[i] == Verdict::unsaid) verdicts[i] = Verdict::refused;
    }
  }
  return verdicts;
}

}  // namespace

bool accepts_event_stream(std::string_view accept) {
  if (base::trim_ows(accept).empty()) return true;
  const std::array<Verdict, 3> verdicts = read(accept);
  for (std::size_t i = verdicts.size(); i-- > 0;) {
    if (verdicts[i] != Verdict::unsaid) return verdicts[i] == Verdict::accepted;
  }
  return false;
}

bool names_event_stream(std::string_view accept) {
  return read(accept)[kExact] == Verdict::accepted;
}

}  // namespace gateway::api
