#include "load/h1_connection.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace bench {

void H1Connection::send(const Request& request) {
  std::string text;
  text.append(request.method).append(" ").append(request.path).append(" HTTP/1.1\r\nhost: ");
  text.append(target_.authority).append("\r\n");
  for (const auto& [name, value] : request.fields) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  if (!request.body.empty()) {
    text.append("content-length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  text.append("\r\n").append(request.body);
  waiting_.push_back(std::move(text));
  if (state() == State::open) next();
}

void H1Connection::next() {
  if (busy_ || waiting_.empty()) return;
  unsent_ += waiting_.front();
  waiting_.pop_front();
  busy_ = true;
}

bool H1Connection::receive(std::string_view bytes, std::int64_t now) {
  while (!bytes.empty()) {
    if (at_ == At::sized || at_ == At::endless || at_ == At::chunk) {
      on_body(bytes, now);
    } else if (take_line(bytes) && !on_line()) {
      return false;
    }
  }
  return true;
}

/// True when `line_` is whole, without its line break.
bool H1Connection::take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  line_.append(bytes.substr(0, end));
  if (end == std::string_view::npos) {
    bytes = {};
    return false;
  }
  bytes.remove_prefix(end + 1);
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  return true;
}

bool H1Connection::on_line() {
  bool good = true;
  if (at_ == At::head) {
    good = on_head_line();
  } else if (at_ == At::chunk_size) {
    good = on_chunk_size();
  } else if (at_ == At::chunk_end) {
    at_ = At::chunk_size;
  } else if (line_.empty()) {
    end();
  }
  line_.clear();
  return good;
}

bool H1Connection::on_head_line() {
  if (status_ == 0) {
    if (line_.size() < 12 || line_.rfind("HTTP/1.", 0) != 0) return false;
    std::from_chars(line_.data() + 9, line_.data() + 12, status_);
    chunked_ = has_length_ = false;
    return true;
  }
  if (!line_.empty()) {
    std::transform(line_.begin(), line_.end(), line_.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    constexpr std::string_view kLength = "content-length: ";
    chunked_ = chunked_ || line_ == "transfer-encoding: chunked";
    if (line_.rfind(kLength, 0) == 0) {
      has_length_ = true;
      std::from_chars(line_.data() + kLength.size(), line_.data() + line_.size(), left_);
    }
    return true;
  }
  if (status_ >= 200) {
    reader_.on_status(request_, status_);
    at_ = chunked_ ? At::chunk_size : has_length_ ? At::sized : At::endless;
    if (status_ == 204 || (at_ == At::sized && left_ == 0)) end();
  }
  status_ = 0;
  return true;
}

bool H1Connection::on_chunk_size() {
  const char* last = line_.data() + line_.size();
  if (std::from_chars(line_.data(), last, left_, 16).ec != std::errc()) return false;
  at_ = left_ > 0 ? At::chunk : At::trailer;
  return true;
}

void H1Connection::on_body(std::string_view& bytes, std::int64_t now) {
  const std::size_t count =
      at_ == At::endless ? bytes.size() : std::min<std::uint64_t>(bytes.size(), left_);
  reader_.on_data(request_, bytes.substr(0, count), now);
  bytes.remove_prefix(count);
  if (at_ == At::endless) return;
  left_ -= count;
  if (left_ > 0) return;
  if (at_ == At::chunk) {
    at_ = At::chunk_end;
  } else {
    end();
  }
}

void H1Connection::end() {
  at_ = At::head;
  reader_.on_end(request_++);
  busy_ = false;
  next();
}

}  // namespace bench
