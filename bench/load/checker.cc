#include "load/checker.h"

#include <charconv>
#include <cstring>

namespace bench {
namespace {

template <typename Number>
bool take(const char*& at, const char* end, Number& value) {
  const auto [next, error] = std::from_chars(at, end, value);
  at = next < end ? next + 1 : end;
  return error == std::errc();
}

}  // namespace

std::string to_string(const Stamp& stamp) {
  return "~" + std::to_string(stamp.board) + " " + std::to_string(stamp.number) + " " +
         std::to_string(stamp.due_ns) + "~";
}

void Checker::feed(EventStream& stream, std::string_view bytes, std::int64_t now) {
  while (!bytes.empty()) {
    const void* found = std::memchr(bytes.data(), '\n', bytes.size());
    if (found == nullptr) {
      stream.rest.append(bytes);
      return;
    }
    const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    if (stream.rest.empty()) {
      on_line(stream, bytes.substr(0, length), now);
    } else {
      stream.rest.append(bytes.substr(0, length));
      on_line(stream, stream.rest, now);
      stream.rest.clear();
    }
    bytes.remove_prefix(length + 1);
  }
}

void Checker::on_line(EventStream& stream, std::string_view line, std::int64_t now) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.empty()) {
    on_event(stream, now);
  } else if (line[0] == 'd') {
    on_data(stream, line);
  } else if (stream.kept != nullptr && line.substr(0, 3) == "id:") {
    stream.id = line.substr(line.size() > 3 && line[3] == ' ' ? 4 : 3);
  }
}

void Checker::on_data(EventStream& stream, std::string_view line) {
  const std::size_t begin = line.find('~');
  if (line.substr(0, 5) != "data:" || begin == std::string_view::npos) return;
  line.remove_prefix(begin);
  if (text_.empty() || line.substr(0, text_.size()) != text_) {
    const std::size_t end = line.find('~', 1);
    if (end == std::string_view::npos) return;
    const char* at = line.data() + 1;
    const char* last = line.data() + end;
    if (!take(at, last, stamp_.board) || !take(at, last, stamp_.number) ||
        !take(at, last, stamp_.due_ns)) {
      text_.clear();
      return;
    }
    text_ = line.substr(0, end + 1);
  }
  stream.stamp = stamp_;
  stream.has_stamp = true;
}

void Checker::count_latency(std::int64_t due, std::int64_t now) {
  if (due < measure_from) return;
  const bool counts_apart = due >= apart_from && due < apart_to;
  (counts_apart ? apart : latencies)->add(now - due);
}

/// A blank line: what came since the last one is dispatched.
void Checker::on_event(EventStream& stream, std::int64_t now) {
  if (!stream.has_stamp) return;
  stream.has_stamp = false;
  const Stamp& stamp = stream.stamp;
  if (stamp.board != stream.board) {
    ++tally.strange;
  } else if (stamp.number >= stream.expected) {
    tally.skipped += stamp.number - stream.expected;
    stream.expected = stamp.number + 1;
    ++tally.delivered;
    count_latency(stamp.due_ns, now);
    if (stream.kept != nullptr && stamp.number == keep) {
      *stream.kept = stream.id;
      stream.kept = nullptr;
    }
  } else if (stamp.number + 1 == stream.expected) {
    ++tally.repeated;
  } else {
    ++tally.reordered;
  }
}

}  // namespace bench
