// What: both directions of an HTTP/2 connection, frame by frame (RFC 9113 §4.1), judged apart from
// the gateway's own code: what a server sends is well-formed, within the windows it was given, and
// on a stream that ended there is nothing more. Owner and thread: the fuzz target's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "fuzz/fuzz.h"
#include "support/h2_frames.h"

namespace gateway::fuzz {

struct Frame {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t id = 0;
  std::string_view payload;
};

inline std::uint32_t number(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes) value = value << 8U | static_cast<std::uint8_t>(c);
  return value;
}

/// Takes bytes in pieces of any size and gives whole frames.
class Frames {
 public:
  template <typename Take>
  void feed(std::string_view bytes, const Take& take) {
    pending_ += bytes;
    std::string_view left = pending_;
    while (left.size() >= kHeadBytes) {
      const std::size_t size = number(left.substr(0, 3));
      if (left.size() < kHeadBytes + size) break;
      take(Frame{static_cast<std::uint8_t>(left[3]), static_cast<std::uint8_t>(left[4]),
                 number(left.substr(5, 4)) & 0x7FFFFFFFU, left.substr(kHeadBytes, size)});
      left.remove_prefix(kHeadBytes + size);
    }
    pending_.erase(0, pending_.size() - left.size());
  }
  bool whole() const { return pending_.empty(); }

 private:
  static constexpr std::size_t kHeadBytes = 9;
  std::string pending_;
};

class Wire {
 public:
  /// What the client sends behind its preface.
  void from_client(std::string_view bytes) {
    client_.feed(bytes, [this](const Frame& frame) { grant(frame); });
  }
  void from_server(std::string_view bytes) {
    server_.feed(bytes, [this](const Frame& frame) { check(frame); });
  }
  /// No frame of the server was left unfinished.
  bool whole() const { return server_.whole(); }

 private:
  struct Stream {
    std::uint64_t granted = 0;  // beyond the initial window
    std::uint64_t sent = 0;
    bool ended = false;
  };

  /// At most this: what the server never came to read counts too.
  void grant(const Frame& frame) {
    constexpr std::uint32_t kInitialWindowSize = 4;
    const std::string_view payload = frame.payload;
    if (frame.type == test::kH2WindowUpdate && payload.size() == 4) {
      streams_[frame.id].granted += number(payload) & 0x7FFFFFFFU;
    }
    if (frame.type != test::kH2Settings) return;
    for (std::size_t at = 0; at + 6 <= payload.size(); at += 6) {
      if (number(payload.substr(at, 2)) != kInitialWindowSize) continue;
      initial_ = std::max<std::uint64_t>(initial_, number(payload.substr(at + 2, 4)));
    }
  }

  void check(const Frame& frame) {
    constexpr std::size_t kPayloadBytesMax = 16 * 1024;  // more is never asked for
    BC_CHECK(frame.payload.size() <= kPayloadBytesMax, frame.payload.size());
    BC_CHECK(frame.type <= test::kH2Continuation && frame.type != test::kH2Priority, frame.type);
    if (frame.type == test::kH2Reset) streams_[frame.id].ended = true;
    const bool of_stream = frame.type == test::kH2Data || frame.type == test::kH2Headers;
    if (!of_stream) return;
    BC_CHECK(frame.id % 2 == 1, frame.id);
    Stream& stream = streams_[frame.id];
    BC_CHECK(!stream.ended, frame.id);
    stream.ended = (frame.flags & test::kH2EndStream) != 0;
    if (frame.type != test::kH2Data) return;
    stream.sent += frame.payload.size();
    sent_ += frame.payload.size();
    BC_CHECK(stream.sent <= initial_ + stream.granted, stream.sent, stream.granted);
    BC_CHECK(sent_ <= kDefaultWindow + streams_[0].granted, sent_, streams_[0].granted);
  }

  static constexpr std::uint64_t kDefaultWindow = 65'535;
  Frames client_;
  Frames server_;
  std::map<std::uint32_t, Stream> streams_;
  std::uint64_t initial_ = kDefaultWindow;
  std::uint64_t sent_ = 0;
};

}  // namespace gateway::fuzz
