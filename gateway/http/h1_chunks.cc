#include "http/h1_chunks.h"

#include <algorithm>

#include "base/check.h"
#include "http/message.h"

namespace gateway::http {
namespace {

// 64 bits; more digits are either an overflow or an attempt at one.
constexpr std::uint32_t kSizeDigitsMax = 16;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_text(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7F);
}

}  // namespace

std::size_t ChunkDecoder::decode(std::string_view bytes, std::string& body) {
  BC_CHECK(state_ == State::reading);
  std::size_t taken = 0;
  while (taken < bytes.size() && state_ == State::reading) {
    if (at_ != At::data) {
      take(bytes[taken++]);
      continue;
    }
    const std::size_t piece = std::min<std::uint64_t>(size_, bytes.size() - taken);
    body.append(bytes.substr(taken, piece));
    taken += piece;
    size_ -= piece;
    if (size_ == 0) at_ = At::data_cr;
  }
  return taken;
}

void ChunkDecoder::take(char c) {
  switch (at_) {
    case At::size_begin:
    case At::size:
      return take_size(c);
    case At::extension:
      return take_extension(c);
    case At::size_lf:
      if (c == '\n') return begin_data();
      state_ = State::malformed;
      return;
    case At::data:
      return;
    case At::data_cr:
      return expect(c, '\r', At::data_lf);
    case At::data_lf:
      size_ = digits_ = 0;
      return expect(c, '\n', At::size_begin);
    case At::line_begin:
    case At::name:
    case At::value:
      return take_trailer(c);
    case At::line_lf:
      return expect(c, '\n', At::line_begin);
    case At::end_lf:
      state_ = c == '\n' ? State::complete : State::malformed;
      return;
  }
}

void ChunkDecoder::take_size(char c) {
  const int digit = hex_value(c);
  if (digit >= 0 && ++digits_ <= kSizeDigitsMax) {
    size_ = size_ << 4 | static_cast<std::uint64_t>(digit);
    at_ = At::size;
  } else if (at_ == At::size && c == '\r') {
    at_ = At::size_lf;
  } else if (at_ == At::size && c == ';') {
    at_ = At::extension;
  } else {
    state_ = State::malformed;
  }
}

void ChunkDecoder::take_extension(char c) {
  if (c == '\r') {
    at_ = At::size_lf;
  } else if (!is_text(c) || ++extension_bytes_ > kExtensionBytesMax) {
    state_ = State::malformed;
  }
}

void ChunkDecoder::begin_data() {
  if (size_ > body_left_) {
    state_ = State::too_large;
    return;
  }
  body_left_ -= size_;
  at_ = size_ > 0 ? At::data : At::line_begin;
}

void ChunkDecoder::take_trailer(char c) {
  if (++trailer_bytes_ > kTrailerBytesMax) {
    state_ = State::malformed;
  } else if (at_ == At::line_begin && c == '\r') {
    at_ = At::end_lf;
  } else if (at_ == At::value && c == '\r') {
    at_ = At::line_lf;
  } else if (at_ == At::value) {
    if (!is_text(c)) state_ = State::malformed;
  } else if (at_ == At::name && c == ':') {
    at_ = At::value;
  } else if (is_token_character(c)) {
    at_ = At::name;
  } else {
    state_ = State::malformed;
  }
}

void ChunkDecoder::expect(char c, char expected, At next) {
  if (c == expected) {
    at_ = next;
  } else {
    state_ = State::malformed;
  }
}

}  // namespace gateway::http
