#include "http/h2_session.h"

#include <functional>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "base/check.h"
#include "http/h2_callbacks.h"

namespace gateway::http {

namespace {

nghttp2_nv make_nv(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    // The library copies; its type is not const for historical reasons.
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  // A date would be a new entry of the compression table in each second of requests, up to 9 KiB of
  // them in the end (RFC 7541 §6.2.3: as a literal it is 24 bytes and none).
  const std::uint8_t flags = name == "date" ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
  return {bytes(name), bytes(value), name.size(), value.size(), flags};
}

// 85 to 115 %, by the connection's id: those that came together do not stay in step.
int ping_stretch(std::string_view id) {
  constexpr int kLeast = 871;
  constexpr int kMost = 1177;
  return kLeast + static_cast<int>(std::hash<std::string_view>{}(id) % (kMost - kLeast + 1));
}

}  // namespace

H2Session::H2Session(const SessionContext& context, Host& host, base::MonoTime now)
    : context_(context),
      host_(host),
      ping_stretch_(ping_stretch(context.peer.connection_id)),
      uploads_(context.options),
      started_(now),
      now_(now),
      heard_at_(now),
      idle_since_(now),
      memory_(context.counters.h2_library_bytes),
      library_(make_h2_library(*this, context.options, memory_)),
      outbound_frames_max_(h2_outbound_frames_max(context.options)) {
  host_.output_ready();
}

H2Session::~H2Session() {
  destroying_ = true;
  while (H2Stream* stream = open_.pop_front()) close_stream(std::unique_ptr<H2Stream>(stream));
  nghttp2_session_del(library_);
}

bool H2Session::receive(std::string_view bytes, base::MonoTime now) {
  if (over_) return false;
  library_idle_ = false;
  now_ = heard_at_ = now;
  ping_since_.reset();
  frames_.feed(bytes, now);
  glitches_.charge(frames_.take_idle_frames(), now);
  if (glitches_.exhausted()) return end_for_glitches();
  if (frames_.went_on_after_end()) {
    context_.counters.protocol_errors.add();
    return end_with(NGHTTP2_STREAM_CLOSED);
  }
  const ssize_t result = nghttp2_session_mem_recv(
      library_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  refuse_late_data(now);
  if (!check_received(result)) return false;
  if (shut_down_wanted_) shut_down();
  dispatch();
  uploads_.replenish(library_);
  if (nghttp2_session_want_write(library_) != 0 || !called_.empty()) host_.output_ready();
  return true;
}

// RFC 9113 §5.1: a stream error, and one answer for all of them.
void H2Session::refuse_late_data(base::MonoTime now) {
  const H2FrameTracker::LateData late = frames_.take_late_data();
  if (late.frames == 0) return;
  glitches_.charge(late.frames * H2Glitches::kFault, now);
  nghttp2_submit_rst_stream(library_, NGHTTP2_FLAG_NONE, late.stream, NGHTTP2_STREAM_CLOSED);
}

bool H2Session::check_received(std::ptrdiff_t result) {
  SessionCounters& counters = context_.counters;
  if (glitches_.exhausted()) return end_for_glitches();
  if (result < 0) {
    switch (result) {
      case NGHTTP2_ERR_CALLBACK_FAILURE:
        return end_with(fatal_code_);
      case NGHTTP2_ERR_FLOODED:
        counters.queue_limit_closes.add();
        return end_with(NGHTTP2_ENHANCE_YOUR_CALM);
      default:
        counters.protocol_errors.add();
        return end_with(NGHTTP2_PROTOCOL_ERROR);
    }
  }
  if (nghttp2_session_get_outbound_queue_size(library_) > outbound_frames_max_) {
    counters.queue_limit_closes.add();
    return end_with(NGHTTP2_ENHANCE_YOUR_CALM);
  }
  return true;
}

bool H2Session::end_for_glitches() {
  context_.counters.glitch_closes.add();
  return end_with(NGHTTP2_ENHANCE_YOUR_CALM);
}

bool H2Session::end_with(std::uint32_t error_code) {
  over_ = true;
  nghttp2_session_terminate_session(library_, error_code);
  library_called();
  return false;
}

// For what it says in the next `send`.
void H2Session::library_called() {
  library_idle_ = false;
  host_.output_ready();
}

// --- Responses ---

void H2Session::submit(H2Stream& stream, Response& response, std::optional<std::size_t> length) {
  count_response(context_.counters, response.status);
  complete_fields(response, length, date_.text(context_.clock.wall_ms()));
  const std::string status = std::to_string(response.status);
  std::vector<nghttp2_nv> head;
  head.reserve(response.fields.size() + 1);
  head.push_back(make_nv(":status", status));
  for (const Field& field : response.fields) {
    if (!is_connection_field(field.name)) head.push_back(make_nv(field.name, field.value));
  }
  const nghttp2_data_provider body = H2Callbacks::body_of(stream);
  const int result = nghttp2_submit_response(library_, stream.id(), head.data(), head.size(),
                                             stream.has_body() ? &body : nullptr);
  BC_CHECK(result == 0, result, stream.id());
  if (stream.progress_at() && !stream.aborted()) response_went_on(stream);
  library_called();
}

void H2Session::response_head_sent(H2Stream& stream) {
  uploads_.forget(stream);
  stream.drop_incoming();
}

// RFC 9113 §8.1: the rest of the request is of no use, and RST_STREAM(NO_ERROR) says so. Not at
// once: a client that is still sending may drop the response with the stream (curl 7.88 does). Its
// window is not given back, so the wait costs nothing.
void H2Session::answered_early(std::int32_t id) {
  constexpr std::chrono::seconds kGrace{1};
  unread_.emplace(id, context_.clock.now() + kGrace);
}

void H2Session::response_went_on(H2Stream& stream) {
  stream.set_progress_at(context_.clock.now());
  stream.H2Stream::Agenda::unlink();
  sending_.push_back(stream);
}

void H2Session::call_on(H2Stream& stream) {
  called_.push_back(stream);
  if (!destroying_) host_.output_ready();
}

bool H2Session::finished() const {
  if (failed_) return true;
  if (library_idle_) return false;
  return overflow_.empty() && nghttp2_session_want_read(library_) == 0 &&
         nghttp2_session_want_write(library_) == 0;
}

std::unique_ptr<Session> make_h2_session(const SessionContext& context, Session::Host& host,
                                         base::MonoTime now) {
  return std::make_unique<H2Session>(context, host, now);
}

}  // namespace gateway::http
