#include "support/sse_parser.h"

#include "base/text.h"

namespace gateway::test {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

std::vector<SseEvent> SseParser::feed(std::string_view bytes) {
  std::vector<SseEvent> events;
  for (const char c : bytes) {
    const bool ends_crlf = c == '\n' && after_cr_;
    after_cr_ = c == '\r';
    if (ends_crlf) continue;  // the CR has ended the line
    if (c == '\r' || c == '\n') {
      end_line(events);
      at_start_ = false;
    } else {
      line_ += c;
      if (at_start_ && line_ == kByteOrderMark) line_.clear();
      if (line_.size() >= kByteOrderMark.size() || line_.empty()) at_start_ = false;
    }
  }
  return events;
}

void SseParser::end_line(std::vector<SseEvent>& events) {
  std::string line;
  line.swap(line_);
  if (line.empty()) return dispatch(events);
  const std::string_view text = line;
  const std::size_t colon = text.find(':');
  if (colon == 0) {
    comments_.emplace_back(text.substr(1));
  } else if (colon == std::string_view::npos) {
    field(text, "");
  } else {
    std::string_view value = text.substr(colon + 1);
    if (value.substr(0, 1) == " ") value.remove_prefix(1);
    field(text.substr(0, colon), value);
  }
}

void SseParser::field(std::string_view name, std::string_view value) {
  if (name == "event") {
    type_ = value;
  } else if (name == "data") {
    data_ += value;
    data_ += '\n';
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    if (const auto number = base::parse_decimal(value)) retry_ = number;
  } else {
    unknown_fields_.emplace_back(name);
  }
}

void SseParser::dispatch(std::vector<SseEvent>& events) {
  last_event_id_ = id_;
  std::string data;
  std::string type;
  data.swap(data_);
  type.swap(type_);
  if (data.empty()) return;
  data.pop_back();  // the last LF
  SseEvent event;
  if (!type.empty()) event.type = type;
  event.data = data;
  event.last_event_id = last_event_id_;
  events.push_back(event);
}

}  // namespace gateway::test
