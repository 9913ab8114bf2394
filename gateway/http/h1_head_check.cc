#include "http/h1_head_check.h"

#include <algorithm>

#include "base/text.h"

namespace gateway::http {
namespace {

// Around the target in the request line: a method, two spaces, the version, CRLF.
constexpr std::size_t kRequestLineExtra = 64;
constexpr std::string_view kLineEnd = "\r\n";
constexpr Refusal kLineTooLong{414, "The URL is too long."};

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

HeadScanner::HeadScanner(const Options& options)
    : request_line_max_(options.url_bytes + kRequestLineExtra), fields_max_(options.header_bytes) {}

void HeadScanner::reset() {
  state_ = State::incomplete;
  at_ = line_begin_ = fields_begin_ = 0;
  after_cr_ = line_too_long_ = false;
  refusal_ = {};
}

HeadScanner::State HeadScanner::scan(std::string_view head) {
  while (state_ == State::incomplete && at_ < head.size()) state_ = take(head[at_++]);
  return state_;
}

HeadScanner::State HeadScanner::take(char c) {
  if (after_cr_) {
    if (c != '\n') return refuse({400, "A carriage return stands alone in the request's head."});
    after_cr_ = false;
    return end_line();
  }
  const auto byte = static_cast<unsigned char>(c);
  if (c == '\r') {
    after_cr_ = true;
  } else if (c == '\n') {
    return refuse({400, "A line of the request's head ends without a carriage return."});
  } else if ((byte < 0x20 && c != '\t') || byte == 0x7F) {
    return refuse({400, "The request's head contains a control character."});
  } else if (at_ == line_begin_ + 1 && (c == ' ' || c == '\t')) {
    return refuse({400, "A line of the request's head begins with white space."});
  }
  return check_size();
}

HeadScanner::State HeadScanner::check_size() {
  if (fields_begin_ == 0 && at_ > request_line_max_) line_too_long_ = true;
  if (line_too_long_) {
    return at_ > request_line_max_ + fields_max_ ? refuse(kLineTooLong) : State::incomplete;
  }
  if (fields_begin_ != 0 && at_ - fields_begin_ > fields_max_) {
    return refuse({431, "The request's header fields are too large."});
  }
  return State::incomplete;
}

HeadScanner::State HeadScanner::end_line() {
  const bool empty = at_ == line_begin_ + 2;
  line_begin_ = at_;
  if (fields_begin_ != 0 && empty && line_too_long_) return refuse(kLineTooLong);
  if (fields_begin_ != 0) return empty ? State::complete : State::incomplete;
  if (empty) return refuse({400, "The request begins with an empty line."});
  fields_begin_ = at_;
  return State::incomplete;
}

HeadScanner::State HeadScanner::refuse(const Refusal& refusal) {
  refusal_ = refusal;
  return State::refused;
}

std::string_view lone_origin(std::string_view part) {
  constexpr std::string_view kName = "origin:";
  std::string_view found;
  std::size_t lines = 0;
  std::size_t end = part.find(kLineEnd);  // the request line's
  while (end != std::string_view::npos) {
    part.remove_prefix(end + kLineEnd.size());
    end = part.find(kLineEnd);
    const std::string_view line = part.substr(0, end);
    if (end == std::string_view::npos) break;
    if (!base::ascii_equal_ignore_case(line.substr(0, kName.size()), kName)) continue;
    found = base::trim_ows(line.substr(kName.size()));
    ++lines;
  }
  return lines == 1 && is_visible(found) ? found : std::string_view();
}

void FramingFields::add(std::string_view name, std::string_view value) {
  if (name == "content-length") {
    ++content_lengths_;
    length_ = base::parse_decimal(value);
  } else if (name == "transfer-encoding") {
    ++transfer_encodings_;
    coding_is_chunked_ = base::ascii_equal_ignore_case(value, "chunked");
  } else if (name == "expect") {
    const bool known = base::ascii_equal_ignore_case(value, "100-continue");
    (known ? expects_continue_ : expects_other_) = true;
  }
}

std::optional<Refusal> FramingFields::check(bool http11) const {
  if (transfer_encodings_ > 0) {
    if (content_lengths_ > 0) {
      return Refusal{400, "The request carries both Content-Length and Transfer-Encoding."};
    }
    if (!http11) return Refusal{400, "Transfer-Encoding needs HTTP/1.1."};
    if (transfer_encodings_ > 1 || !coding_is_chunked_) {
      return Refusal{400, "The only Transfer-Encoding understood is chunked, given once."};
    }
  }
  if (content_lengths_ > 1) return Refusal{400, "The request carries Content-Length twice."};
  if (content_lengths_ == 1 && !length_) {
    return Refusal{400, "Content-Length is not a decimal number."};
  }
  if (http11 && expects_other_) {
    return Refusal{417, "The only expectation understood is 100-continue."};
  }
  return std::nullopt;
}

std::uint64_t FramingFields::content_length() const { return length_.value_or(0); }

}  // namespace gateway::http
