#include "http/h1_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/release.h"

namespace gateway::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
// Below this a whole body is cheaper to copy behind its head than to keep apart.
constexpr std::size_t kSmallBodyBytes = 4096;

std::size_t hex_digits(std::size_t number) {
  std::size_t digits = 1;
  while (number >>= 4) ++digits;
  return digits;
}

char* put_text(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_hex(char* out, std::size_t number) {
  const std::size_t digits = hex_digits(number);
  for (std::size_t i = digits; i > 0; number >>= 4) out[--i] = "0123456789abcdef"[number & 15];
  return out + digits;
}

}  // namespace

std::string encode_head(const Response& response) {
  std::string head = "HTTP/1.1 ";
  head += std::to_string(response.status);
  head += ' ';
  head += reason_phrase(response.status);
  head += kLineEnd;
  for (const Field& field : response.fields) {
    head += field.name;
    head += ": ";
    head += field.value;
    head += kLineEnd;
  }
  head += kLineEnd;
  return head;
}

void H1Writer::put_body(std::string body) {
  BC_CHECK(body_.bytes.empty() && !source_);
  if (body.size() <= kSmallBodyBytes) {
    due_.bytes += body;
  } else {
    body_.bytes = std::move(body);
  }
}

void H1Writer::put_source(std::unique_ptr<BodySource> source, Framing framing) {
  BC_CHECK(body_.bytes.empty() && !source_ && source);
  source_ = std::move(source);
  framing_ = framing;
}

std::size_t H1Writer::write(char* out, std::size_t room) {
  std::size_t written = due_.write(out, room);
  if (!due_.bytes.empty()) return written;
  written += body_.write(out + written, room - written);
  if (body_.bytes.empty() && source_) {
    written += write_source(out + written, room - written);
    written += due_.write(out + written, room - written);  // the last chunk, if that was the end
  }
  return written;
}

std::size_t H1Writer::Text::write(char* out, std::size_t room) {
  const std::size_t piece = std::min(room, bytes.size() - at);
  if (piece == 0) return 0;
  std::memcpy(out, bytes.data() + at, piece);
  at += piece;
  if (at == bytes.size()) base::release(*this);
  return piece;
}

std::size_t H1Writer::write_source(char* out, std::size_t room) {
  const bool chunked = framing_ == Framing::chunked;
  // A chunk of n bytes takes its digits and two line ends more.
  const std::size_t framing_bytes = chunked ? hex_digits(room) + 2 * kLineEnd.size() : 0;
  if (room <= framing_bytes) return 0;

  const std::size_t max = room - framing_bytes;
  const BodySource::Ready ready = source_->ready(max);
  BC_CHECK(ready.bytes <= max, ready.bytes, max);
  char* end = out;
  if (ready.bytes > 0) {
    if (chunked) end = put_text(put_hex(end, ready.bytes), kLineEnd);
    source_->copy(end, ready.bytes);
    end += ready.bytes;
    if (chunked) end = put_text(end, kLineEnd);
  }
  if (ready.next == BodySource::Next::end) end_source();
  return static_cast<std::size_t>(end - out);
}

void H1Writer::end_source() {
  source_.reset();
  if (framing_ == Framing::chunked) due_.bytes = kLastChunk;
}

void H1Writer::clear() {
  source_.reset();
  base::release(due_);
  base::release(body_);
}

}  // namespace gateway::http
