// What: what one HTTP/2 peer has cost beyond its share: frames that do nothing, and streams that
// had to be reset through its fault (CVE-2019-9511…9518, MadeYouReset). One token bucket: a burst
// of 1000, 33 a second come back. What an honest client does costs nothing. Owner: the session.
// Thread: the connection's worker.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace gateway::http {

/// Frames that ask for work and carry nothing, by what makes them honest.
struct H2IdleFrames {
  std::uint64_t plain = 0;           // PRIORITY, unknown types, empty DATA and the like
  std::uint64_t window_updates = 0;  // WINDOW_UPDATE
};

class H2Glitches {
 public:
  static constexpr std::uint64_t kFault = 10;   // a frame or a stream is broken
  static constexpr std::uint64_t kRefused = 1;  // too much at once; the client may try again

  void charge(std::uint64_t tokens, base::MonoTime now);
  /// Charges one for each frame beyond the peer's allowance: two plain ones for each stream, and
  /// 5 + 2 × (streams + 10 × DATA frames sent) updates of windows, as Envoy allows.
  void charge(const H2IdleFrames& frames, base::MonoTime now);
  /// Charges one for each 384 bytes of URLs that came out of the compression table, not in the
  /// `sent` bytes of the header block: to read a list of boards takes many times as long as to send
  /// the byte that stands for it. Huffman's code halves a text at most, so whoever sends his URLs
  /// pays nothing.
  void charge_target(std::size_t bytes, std::size_t sent, base::MonoTime now);
  void stream_opened();
  void data_sent() { window_updates_free_ += 20; }

  /// The bucket was empty once: the connection is to end with ENHANCE_YOUR_CALM.
  bool exhausted() const { return exhausted_; }

 private:
  /// When the bucket is full again.
  base::MonoTime full_at_{};
  std::uint64_t plain_free_ = 0;
  std::uint64_t window_updates_free_ = 5;
  std::size_t target_bytes_ = 0;  // not charged yet
  bool exhausted_ = false;
};

}  // namespace gateway::http
