#include "http/h2_ledger.h"

#include <algorithm>
#include <limits>

#include <nghttp2/nghttp2.h>

#include "base/check.h"

namespace gateway::http {

void H2Ledger::begin(nghttp2_session* library) {
  const std::int64_t seen = nghttp2_session_get_remote_window_size(library);
  const std::int64_t window = seen - static_cast<std::int64_t>(owed_);
  if (window > kWindowMax) passing_ = false;
  window_ = static_cast<std::size_t>(std::max<std::int64_t>(window, 0));
}

std::size_t H2Ledger::may_pass(nghttp2_session* library, H2Stream& stream) {
  if (!passing_ || stream.owed() >= kOwedMax) return 0;
  if (stream.sure() < kSureMin) look_up(library, stream);
  return passing_ ? std::min(stream.sure(), window_) : 0;
}

void H2Ledger::look_up(nghttp2_session* library, H2Stream& stream) {
  const std::int64_t seen = nghttp2_session_get_stream_remote_window_size(library, stream.id());
  if (seen > kWindowMax) passing_ = false;
  const std::int64_t window = seen - static_cast<std::int64_t>(stream.owed());
  stream.set_sure(static_cast<std::size_t>(
      std::clamp<std::int64_t>(window, 0, std::numeric_limits<std::uint16_t>::max())));
}

void H2Ledger::passed(H2Stream& stream, std::size_t bytes) {
  BC_CHECK(bytes <= window_ && bytes <= stream.sure(), stream.id(), bytes, window_, stream.sure());
  stream.set_owed(stream.owed() + bytes);
  stream.set_sure(stream.sure() - bytes);
  owed_ += bytes;
  window_ -= bytes;
}

void H2Ledger::sent(H2Stream& stream, std::size_t bytes) {
  stream.set_sure(0);
  window_ -= bytes;
}

void H2Ledger::settle(H2Stream& stream, std::size_t bytes) {
  BC_CHECK(bytes <= stream.owed() && bytes <= owed_, stream.id(), bytes, stream.owed(), owed_);
  stream.set_owed(stream.owed() - bytes);
  owed_ -= bytes;
}

void H2Ledger::closed(const H2Stream& stream) {
  lost_ += stream.owed();
  if (worn()) passing_ = false;
}

}  // namespace gateway::http
