#include "api/accept.h"

#include <cstddef>

#include "base/text.h"

namespace gateway::api {
namespace {

constexpr std::string_view kEventStream = "text/event-stream";

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

/// What the field says of exactly this media range; where it repeats it, an acceptance wins.
Verdict verdict_on(std::string_view range, std::string_view accept) {
  Verdict verdict = Verdict::unsaid;
  for (const std::string_view member : base::split(accept, ',')) {
    const std::size_t semicolon = member.find(';');
    if (!base::ascii_equal_ignore_case(base::trim_ows(member.substr(0, semicolon)), range)) {
      continue;
    }
    if (semicolon == std::string_view::npos || !is_refused(member.substr(semicolon + 1))) {
      return Verdict::accepted;
    }
    verdict = Verdict::refused;
  }
  return verdict;
}

}  // namespace

bool accepts_event_stream(std::string_view accept) {
  if (base::trim_ows(accept).empty()) return true;
  for (const std::string_view range :
       {kEventStream, std::string_view("text/*"), std::string_view("*/*")}) {
    const Verdict verdict = verdict_on(range, accept);
    if (verdict != Verdict::unsaid) return verdict == Verdict::accepted;
  }
  return false;
}

bool names_event_stream(std::string_view accept) {
  return verdict_on(kEventStream, accept) == Verdict::accepted;
}

bool names_html(std::string_view accept) {
  return verdict_on("text/html", accept) == Verdict::accepted;
}

}  // namespace gateway::api
