#include "http/h2_frame_tracker.h"

#include <algorithm>

namespace gateway::http {

namespace {

constexpr std::uint8_t kData = 0x0;
constexpr std::uint8_t kHeaders = 0x1;
constexpr std::uint8_t kPriority = 0x2;
constexpr std::uint8_t kReset = 0x3;
constexpr std::uint8_t kPing = 0x6;
constexpr std::uint8_t kGoaway = 0x7;
constexpr std::uint8_t kWindowUpdate = 0x8;
constexpr std::uint8_t kContinuation = 0x9;  // the last type of RFC 9113
constexpr std::uint8_t kEndStream = 0x1;
constexpr std::uint8_t kAck = 0x1;
constexpr std::uint8_t kEndHeaders = 0x4;
constexpr std::uint8_t kPadded = 0x8;

}  // namespace

void H2FrameTracker::feed(std::string_view bytes, base::MonoTime now) {
  while (!bytes.empty()) {
    if (skip_ > 0) {
      if (padding_comes_) look_at_padding(static_cast<std::uint8_t>(bytes.front()));
      const std::size_t step = std::min(skip_, bytes.size());
      bytes.remove_prefix(step);
      skip_ -= step;
    } else {
      head_[head_have_++] = static_cast<std::uint8_t>(bytes.front());
      bytes.remove_prefix(1);
      if (head_have_ == kHeadBytes) begin_frame(now);
    }
    if (skip_ == 0 && in_frame_) end_frame();
  }
}

void H2FrameTracker::begin_frame(base::MonoTime now) {
  in_frame_ = true;
  skip_ = (std::size_t{head_[0]} << 16) | (std::size_t{head_[1]} << 8) | head_[2];
  padding_comes_ = head_[3] == kData && (head_[4] & kPadded) != 0;
  if (head_[3] == kHeaders) since_ = now;
  count(head_[3], head_[4]);
  follow_stream(head_[3], head_[4]);
}

// Padding alone carries no more than an empty frame, and is given back to the windows at once.
void H2FrameTracker::look_at_padding(std::uint8_t length) {
  padding_comes_ = false;
  const bool carries_nothing = skip_ == std::size_t{1} + length;
  if (carries_nothing && (head_[4] & kEndStream) == 0) ++idle_.plain;
}

void H2FrameTracker::count(std::uint8_t type, std::uint8_t flags) {
  const bool empty_data = type == kData && skip_ == 0 && (flags & kEndStream) == 0;
  const bool pong = type == kPing && (flags & kAck) != 0;
  if (type == kWindowUpdate) {
    ++idle_.window_updates;
  } else if (type == kPriority || type == kGoaway || type > kContinuation || empty_data || pong) {
    ++idle_.plain;
  }
}

void H2FrameTracker::follow_stream(std::uint8_t type, std::uint8_t flags) {
  const bool of_message = type == kData || type == kHeaders;
  if (!of_message && type != kReset) return;
  const std::int32_t id = (head_[5] & 0x7F) << 24 | head_[6] << 16 | head_[7] << 8 | head_[8];
  if (id == 0) return;  // no stream; the library refuses it
  if (type == kReset) return reset_.add(id);
  if (ended_.contains(id) || (type == kHeaders && reset_.contains(id))) {
    went_on_after_end_ = true;
  } else if (reset_.contains(id)) {
    late_data_ = {id, late_data_.frames + 1};
  } else if ((flags & kEndStream) != 0) {
    ended_.add(id);
  }
}

void H2FrameTracker::end_frame() {
  in_frame_ = false;
  head_have_ = 0;
  const bool of_block = head_[3] == kHeaders || head_[3] == kContinuation;
  if (of_block && (head_[4] & kEndHeaders) != 0) since_.reset();
}

}  // namespace gateway::http
