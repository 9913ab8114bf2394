#include "client/sse_reader.h"

#include "base/text.h"

namespace gateway::client {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

SseReader::State SseReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    // The LF of a CRLF whose CR has ended the line, perhaps in the piece before.
    if (after_cr_ && bytes.front() == '\n') bytes.remove_prefix(1);
    after_cr_ = false;
    const std::size_t end = bytes.find_first_of("\r\n");
    if (const State state = take(bytes.substr(0, end)); state != State::kReading) return state;
    if (end == std::string_view::npos) return State::kReading;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (const State state = end_line(); state != State::kReading) return state;
  }
  return State::kReading;
}

void SseReader::restart() {
  line_.clear();
  data_.clear();
  type_.clear();
  id_ = last_event_id_;
  first_line_ = true;
  after_cr_ = false;
}

SseReader::State SseReader::take(std::string_view piece) {
  if (line_.size() + piece.size() > event_bytes_max_) return State::kTooLarge;
  line_ += piece;
  return State::kReading;
}

SseReader::State SseReader::end_line() {
  std::string_view line = line_;
  if (first_line_ && line.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    line.remove_prefix(kByteOrderMark.size());
  }
  first_line_ = false;
  State state = State::kReading;
  if (line.empty()) {
    state = dispatch();
  } else if (const std::size_t colon = line.find(':'); colon == std::string_view::npos) {
    field(line, "");
  } else if (colon != 0) {  // at 0 it begins a comment
    std::string_view value = line.substr(colon + 1);
    if (value.substr(0, 1) == " ") value.remove_prefix(1);
    field(line.substr(0, colon), value);
  }
  line_.clear();
  return data_.size() > event_bytes_max_ ? State::kTooLarge : state;
}

void SseReader::field(std::string_view name, std::string_view value) {
  if (name == "event") {
    type_ = value;
  } else if (name == "data") {
    data_ += value;
    data_ += '\n';
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    if (const auto number = base::parse_decimal(value)) retry_ = number;
  }
}

SseReader::State SseReader::dispatch() {
  last_event_id_ = id_;
  bool go_on = true;
  if (!data_.empty()) {
    data_.pop_back();  // the last LF
    go_on = handler_({type_.empty() ? std::string_view("message") : type_, data_});
  }
  data_.clear();
  type_.clear();
  return go_on ? State::kReading : State::kStopped;
}

}  // namespace gateway::client
