// What: follows the frame boundaries of what a client sends, to know what the library does not
// tell: whether a header block is open, and since when (slow CONTINUATION, RFC 9113 §10.5.1), how
// many frames were sent for nothing, and whether a client goes on with a stream that it has ended.
// Owner: the HTTP/2 session. Thread: the connection's worker.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "http/h2_glitches.h"
#include "http/h2_recent_streams.h"

namespace gateway::http {

class H2FrameTracker {
 public:
  /// All bytes of the connection in order, the client preface included.
  void feed(std::string_view bytes, base::MonoTime now);
  /// When the header block that is open now began; nothing when none is.
  std::optional<base::MonoTime> header_block_since() const { return since_; }
  /// DATA or HEADERS began on one of the last 16 streams that the client itself had ended by
  /// END_STREAM, or HEADERS on one of the last 16 that it had reset. RFC 9113 §5.1: STREAM_CLOSED;
  /// the library passes over what comes when it has forgotten the stream.
  bool went_on_after_end() const { return went_on_after_end_; }
  /// DATA on one of those that it had reset: of a client whose threads write by themselves, so it
  /// is no reason to end all its streams.
  struct LateData {
    std::int32_t stream = 0;  // the last of them
    std::uint64_t frames = 0;
  };
  /// Those since the last call.
  LateData take_late_data() { return std::exchange(late_data_, {}); }
  /// Those that began since the last call.
  H2IdleFrames take_idle_frames() { return std::exchange(idle_, {}); }

 private:
  static constexpr std::size_t kPrefaceBytes = 24;
  static constexpr std::size_t kHeadBytes = 9;

  void begin_frame(base::MonoTime now);
  void look_at_padding(std::uint8_t length);
  void end_frame();
  void count(std::uint8_t type, std::uint8_t flags);
  void follow_stream(std::uint8_t type, std::uint8_t flags);

  std::optional<base::MonoTime> since_;
  std::array<std::uint8_t, kHeadBytes> head_{};
  std::size_t head_have_ = 0;
  std::size_t skip_ = kPrefaceBytes;  // of the preface or of the frame's payload
  bool in_frame_ = false;
  bool padding_comes_ = false;  // the next byte says how much of the DATA frame is padding
  H2IdleFrames idle_;
  H2RecentStreams<16> ended_;
  H2RecentStreams<16> reset_;
  LateData late_data_;
  bool went_on_after_end_ = false;
};

}  // namespace gateway::http
