#include "http/h2_ledger.h"

#include <algorithm>

#include <nghttp2/nghttp2.h>

#include "base/check.h"

namespace gateway::http {

void H2Ledger::begin(nghttp2_session* library) {
  const std::int64_t seen = nghttp2_session_get_remote_window_size(library);
  const std::int64_t window = seen - static_cast<std::int64_t>(owed_);
  if (window > kWindowMax || worn()) passing_ = false;
  window_ = static_cast<std::size_t>(std::max<std::int64_t>(window, 0));
}

std::size_t H2Ledger::may_pass(nghttp2_session* library, const H2Stream& stream) {
  if (!passing_ || stream.owed() >= kOwedMax) return 0;
  const std::int64_t seen = nghttp2_session_get_stream_remote_window_size(library, stream.id());
  if (seen > kWindowMax) passing_ = false;
  if (!passing_ || seen <= static_cast<std::int64_t>(stream.owed())) return 0;
  return std::min(static_cast<std::size_t>(seen) - stream.owed(), window_);
}

void H2Ledger::passed(H2Stream& stream, std::size_t bytes) {
  BC_CHECK(bytes <= window_, stream.id(), bytes, window_);
  stream.set_owed(stream.owed() + bytes);
  owed_ += bytes;
  window_ -= bytes;
}

void H2Ledger::settle(H2Stream& stream, std::size_t bytes) {
  BC_CHECK(bytes <= stream.owed() && bytes <= owed_, stream.id(), bytes, stream.owed(), owed_);
  stream.set_owed(stream.owed() - bytes);
  owed_ -= bytes;
}

}  // namespace gateway::http
