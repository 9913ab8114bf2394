// The reading half of H2Connection.
#include <algorithm>
#include <charconv>

#include "load/h2_connection.h"
#include "load/h2_format.h"

namespace bench {
namespace {

/// Without padding and priority (RFC 9113 §6.2); empty and false when they do not fit.
bool strip(std::string_view& payload, std::uint8_t flags) {
  std::size_t before = 0, behind = 0;
  if ((flags & h2::kPadded) != 0) {
    if (payload.empty()) return false;
    behind = static_cast<std::uint8_t>(payload[0]);
    before = 1;
  }
  if ((flags & h2::kPriority) != 0) before += 5;
  if (before + behind > payload.size()) return false;
  payload = payload.substr(before, payload.size() - before - behind);
  return true;
}

std::size_t request_of(std::uint32_t stream) { return (stream - 1) / 2; }

}  // namespace

bool H2Connection::receive(std::string_view bytes, std::int64_t now) {
  while (!bytes.empty()) {
    if (!in_payload_ && !take_head(bytes)) return true;
    if (!on_payload(bytes, now)) return false;
  }
  return true;
}

/// True when a frame's head is whole.
bool H2Connection::take_head(std::string_view& bytes) {
  std::string_view whole = bytes.substr(0, kHeadBytes);
  if (head_bytes_.empty() && whole.size() == kHeadBytes) {
    bytes.remove_prefix(kHeadBytes);
  } else {
    const std::size_t count = std::min(bytes.size(), kHeadBytes - head_bytes_.size());
    head_bytes_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    if (head_bytes_.size() < kHeadBytes) return false;
    whole = head_bytes_;
  }
  head_ = {h2::get(whole, 3), static_cast<std::uint8_t>(whole[3]),
           static_cast<std::uint8_t>(whole[4]), h2::get(whole.substr(5), 4) & h2::kIdMask};
  head_bytes_.clear();
  left_ = head_.length;
  in_payload_ = true;
  return true;
}

bool H2Connection::on_payload(std::string_view& bytes, std::int64_t now) {
  const std::string_view piece = bytes.substr(0, left_);
  bytes.remove_prefix(piece.size());
  left_ -= static_cast<std::uint32_t>(piece.size());
  const bool in_place = head_.type == h2::kData && (head_.flags & h2::kPadded) == 0;
  if (in_place && !piece.empty()) {
    reader_.on_data(request_of(head_.stream), piece, now);
  } else if (!in_place) {
    payload_.append(piece);
  }
  if (left_ > 0) return true;
  in_payload_ = false;
  const bool good = on_frame(now);
  payload_.clear();
  return good;
}

/// The frame is whole; `payload_` holds what was not handed on in place.
bool H2Connection::on_frame(std::int64_t now) {
  std::string_view payload = payload_;
  switch (head_.type) {
    case h2::kData:
      if (!strip(payload, head_.flags & h2::kPadded)) return false;
      if (!payload.empty()) reader_.on_data(request_of(head_.stream), payload, now);
      count_read(head_.stream, head_.length);
      if ((head_.flags & h2::kEndStream) != 0) end_stream(head_.stream);
      return true;
    case h2::kHeaders:
      if (!strip(payload, head_.flags)) return false;
      fields_ = payload;
      fields_flags_ = head_.flags;
      return (head_.flags & h2::kEndHeaders) == 0 || on_fields();
    case h2::kContinuation:
      fields_ += payload;
      return (head_.flags & h2::kEndHeaders) == 0 || on_fields();
    case h2::kReset:  // NO_ERROR: behind a whole response, RFC 9113 §8.1
      if (payload.size() == 4 && h2::get(payload, 4) != 0) end_stream(head_.stream);
      return true;
    case h2::kSettings:
      if ((head_.flags & h2::kAck) == 0) on_settings();
      return true;
    case h2::kPing:
      if ((head_.flags & h2::kAck) == 0) frame({0, h2::kPing, h2::kAck, 0}, payload);
      return true;
    case h2::kWindowUpdate:
      if (head_.stream == 0 && payload.size() == 4) window_ += h2::get(payload, 4);
      write_waiting();
      return true;
    default:  // GOAWAY: the end of the connection follows; unknown types are to be ignored
      return true;
  }
}

bool H2Connection::on_fields() {
  auto* at = reinterpret_cast<const std::uint8_t*>(fields_.data());
  std::size_t left = fields_.size();
  int status = 0;
  for (;;) {
    nghttp2_nv field{};
    int flags = 0;
    const ssize_t used = nghttp2_hd_inflate_hd2(unpacker_, &field, &flags, at, left, 1);
    if (used < 0) return false;
    at += used;
    left -= static_cast<std::size_t>(used);
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      const std::string_view name(reinterpret_cast<const char*>(field.name), field.namelen);
      const auto* value = reinterpret_cast<const char*>(field.value);
      if (name == ":status") std::from_chars(value, value + field.valuelen, status);
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && left == 0) return false;
  }
  nghttp2_hd_inflate_end_headers(unpacker_);
  if (status >= 200) reader_.on_status(request_of(head_.stream), status);
  if ((fields_flags_ & h2::kEndStream) != 0) end_stream(head_.stream);
  return true;
}

void H2Connection::on_settings() {
  for (std::string_view rest = payload_; rest.size() >= 6; rest.remove_prefix(6)) {
    const std::uint32_t value = h2::get(rest.substr(2), 4);
    switch (h2::get(rest, 2)) {
      case h2::kHeaderTable:
        nghttp2_hd_deflate_change_table_size(packer_, value);
        break;
      case h2::kMaxStreams:
        streams_max_ = value;
        break;
      case h2::kInitialWindow:
        stream_window_ = value;
        break;
      case h2::kMaxFrame:
        frame_max_ = value;
        break;
      default:
        break;
    }
  }
  frame({0, h2::kSettings, h2::kAck, 0}, {});
  write_waiting();
}

/// The windows are so large that this gives back something once in half a gigabyte.
void H2Connection::count_read(std::uint32_t stream, std::size_t bytes) {
  constexpr std::uint32_t kOften = h2::kWindow / 2;
  const auto count = static_cast<std::uint32_t>(bytes);
  read_ += count;
  if (read_ > kOften) {
    window_update(0, read_);
    read_ = 0;
  }
  const std::size_t request = request_of(stream);
  if (read_by_request_.size() <= request) read_by_request_.resize(request + 1);
  std::uint32_t& of_stream = read_by_request_[request];
  of_stream += count;
  if (of_stream > kOften) {
    window_update(stream, of_stream);
    of_stream = 0;
  }
}

void H2Connection::end_stream(std::uint32_t stream) {
  --running_;
  reader_.on_end(request_of(stream));
  write_waiting();
}

}  // namespace bench
