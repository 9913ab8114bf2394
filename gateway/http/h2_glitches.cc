#include "http/h2_glitches.h"

#include <algorithm>

namespace gateway::http {

namespace {

constexpr std::int64_t kBurst = 1000;
// The burst covers 256 streams with 1.5 KB of boards each.
constexpr std::size_t kTargetBytesPerToken = 384;
constexpr base::Duration kPerToken = base::Duration(std::chrono::seconds(1)) / 33;

std::uint64_t beyond(std::uint64_t& free, std::uint64_t used) {
  const std::uint64_t covered = std::min(free, used);
  free -= covered;
  return used - covered;
}

}  // namespace

void H2Glitches::charge(std::uint64_t tokens, base::MonoTime now) {
  if (tokens == 0) return;
  full_at_ = std::max(full_at_, now) + kPerToken * static_cast<std::int64_t>(tokens);
  if (full_at_ - now > kPerToken * kBurst) exhausted_ = true;
}

void H2Glitches::charge(const H2IdleFrames& frames, base::MonoTime now) {
  charge(beyond(plain_free_, frames.plain) + beyond(window_updates_free_, frames.window_updates),
         now);
}

void H2Glitches::charge_target(std::size_t bytes, std::size_t sent, base::MonoTime now) {
  if (bytes <= 2 * sent) return;
  target_bytes_ += bytes - 2 * sent;
  charge(target_bytes_ / kTargetBytesPerToken, now);
  target_bytes_ %= kTargetBytesPerToken;
}

void H2Glitches::stream_opened() {
  plain_free_ += 2;
  window_updates_free_ += 2;
}

}  // namespace gateway::http
