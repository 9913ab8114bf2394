// The times of an HTTP/2 session: preface, header blocks, bodies, idleness, PING, and the two steps
// of a graceful end.
#include <algorithm>
#include <array>

#include <nghttp2/nghttp2.h>

#include "http/h2_session.h"

namespace gateway::http {

namespace {

// The second GOAWAY follows a round trip after the first, or this long when the peer stays silent
// (RFC 9113 §6.8).
constexpr std::chrono::seconds kSecondGoawayAfter{1};

// Told apart by their acknowledgement.
constexpr std::array<std::uint8_t, 8> kLivenessPing = {'l', 'i', 'v', 'e', 'n', 'e', 's', 's'};
constexpr std::array<std::uint8_t, 8> kGoawayPing = {'g', 'o', 'a', 'w', 'a', 'y', ' ', ' '};

constexpr Refusal kBodyTooSlow = {408, "The request's body did not arrive in time."};

}  // namespace

std::optional<base::MonoTime> H2Session::deadline() const {
  if (over_) return now_;  // said within `send`, too, where nobody hears it; `advance` tells
  base::MonoTime first = ping_due();
  const auto consider = [&first](std::optional<base::MonoTime> time) {
    if (time) first = std::min(first, *time);
  };
  if (!settings_received_) consider(started_ + context_.options.header_timeout);
  if (frames_.header_block_since()) {
    consider(*frames_.header_block_since() + context_.options.header_timeout);
  }
  consider(uploads_.deadline());
  if (!unread_.empty()) consider(unread_.begin()->second);
  if (!sending_.empty()) {
    consider(*sending_.front()->progress_at() + context_.options.response_stall);
  }
  consider(second_goaway_at_);
  if (open_count_ == 0 && !shutting_down_) consider(idle_since_ + context_.options.idle_timeout);
  return first;
}

bool H2Session::advance(base::MonoTime now) {
  if (over_) return false;
  now_ = now;
  if (!check_header_times(now)) return false;
  check_bodies(now);
  check_unread(now);
  check_responses(now);
  check_idle(now);
  if (second_goaway_at_ && now >= *second_goaway_at_) second_goaway();
  return check_ping(now);
}

bool H2Session::check_header_times(base::MonoTime now) {
  const auto timeout = context_.options.header_timeout;
  if (!settings_received_ && now >= started_ + timeout) {
    context_.counters.header_timeouts.add();
    return end_with(NGHTTP2_SETTINGS_TIMEOUT);
  }
  if (frames_.header_block_since() && now >= *frames_.header_block_since() + timeout) {
    context_.counters.header_timeouts.add();
    return end_with(NGHTTP2_ENHANCE_YOUR_CALM);
  }
  return true;
}

void H2Session::check_bodies(base::MonoTime now) {
  while (H2Stream* stream = uploads_.take_overdue(now)) {
    context_.counters.body_timeouts.add();
    refuse(*stream, kBodyTooSlow);
  }
  dispatch();
}

void H2Session::check_unread(base::MonoTime now) {
  // In order of ids, which is not quite that of times: a later one may wait for its elders.
  while (!unread_.empty() && unread_.begin()->second <= now) {
    nghttp2_submit_rst_stream(library_, NGHTTP2_FLAG_NONE, unread_.begin()->first,
                              NGHTTP2_NO_ERROR);
    unread_.erase(unread_.begin());
    library_called();
  }
}

// A window that stays closed would keep the exchange open, and with it a connection that is idle or
// shall drain.
void H2Session::check_responses(base::MonoTime now) {
  const auto stall = context_.options.response_stall;
  while (!sending_.empty() && *sending_.front()->progress_at() + stall <= now) {
    context_.counters.response_timeouts.add();
    sending_.front()->abort();
  }
}

void H2Session::check_idle(base::MonoTime now) {
  if (open_count_ > 0 || shutting_down_) return;
  if (now < idle_since_ + context_.options.idle_timeout) return;
  context_.counters.idle_timeouts.add();
  shut_down();
}

base::MonoTime H2Session::ping_due() const {
  if (ping_since_) return *ping_since_ + context_.options.ping_timeout;
  return heard_at_ + context_.options.ping_interval * ping_stretch_ / 1024;
}

bool H2Session::check_ping(base::MonoTime now) {
  if (now < ping_due()) return true;
  if (!ping_since_ && left_over_) {
    // The peer does not read: a PING behind unsent bytes would prove nothing.
    heard_at_ = now;
  } else if (!ping_since_) {
    ping_since_ = now;
    before_ping_.reset();
    nghttp2_submit_ping(library_, NGHTTP2_FLAG_NONE, kLivenessPing.data());
    library_called();
  } else if (!before_ping_ || ping_is_on_its_way()) {
    ping_since_ = now;
  } else {
    context_.counters.ping_timeouts.add();
    over_ = true;
  }
  return !over_;
}

// What was sent before it was not all there when last looked at, and has come on since: a slow
// line. What was sent behind it would say nothing, since the kernel of a peer that hangs takes
// that, too.
bool H2Session::ping_is_on_its_way() {
  const std::uint64_t arrived = before_ping_->acknowledged;
  if (arrived >= before_ping_->written) return false;
  before_ping_->acknowledged = host_.outgoing().acknowledged;
  return before_ping_->acknowledged > arrived;
}

void H2Session::ping_left(const std::uint8_t* opaque) {
  if (!ping_since_ || !std::equal(kLivenessPing.begin(), kLivenessPing.end(), opaque)) return;
  ping_since_ = context_.clock.now();
  before_ping_ = host_.outgoing();
}

void H2Session::shut_down() {
  if (shutting_down_ || over_) return;
  shutting_down_ = true;
  shut_down_wanted_ = false;
  nghttp2_submit_shutdown_notice(library_);
  nghttp2_submit_ping(library_, NGHTTP2_FLAG_NONE, kGoawayPing.data());
  second_goaway_at_ = context_.clock.now() + kSecondGoawayAfter;
  library_called();
}

void H2Session::ping_answered(const std::uint8_t* opaque) {
  if (std::equal(kGoawayPing.begin(), kGoawayPing.end(), opaque)) second_goaway();
}

void H2Session::second_goaway() {
  if (!second_goaway_at_) return;
  second_goaway_at_.reset();
  nghttp2_submit_goaway(library_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(library_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  library_called();
}

}  // namespace gateway::http
