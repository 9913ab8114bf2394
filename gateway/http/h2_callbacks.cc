#include "http/h2_callbacks.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "base/intrusive_list.h"
#include "http/h2_session.h"

namespace gateway::http {

namespace {

H2Session& session_of(void* user) { return *static_cast<H2Session*>(user); }

// Null for a stream that we never opened or that is closed.
H2Stream* stream_of(nghttp2_session* library, std::int32_t id) {
  return static_cast<H2Stream*>(nghttp2_session_get_stream_user_data(library, id));
}

std::string_view view(nghttp2_rcbuf* buffer) {
  const nghttp2_vec bytes = nghttp2_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

bool ends_stream(const nghttp2_frame_hd& head) {
  return (head.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

bool is_ack(const nghttp2_frame_hd& head) { return (head.flags & NGHTTP2_FLAG_ACK) != 0; }

}  // namespace

// Lambdas take the library's long lists of arguments apart.
void H2Callbacks::install(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, begin_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_sent);
  nghttp2_session_callbacks_set_on_header_callback2(
      callbacks, [](nghttp2_session* library, const nghttp2_frame* frame, nghttp2_rcbuf* name,
                    nghttp2_rcbuf* value, std::uint8_t, void* user) {
        H2Stream* stream = stream_of(library, frame->hd.stream_id);
        return header(session_of(user), stream, {view(name), view(value)});
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session* library, std::uint8_t, std::int32_t id,
                    const std::uint8_t* data, std::size_t length, void* user) {
        nghttp2_session_consume_connection(library, length);
        if (H2Stream* stream = stream_of(library, id)) {
          session_of(user).body_chunk(*stream, {reinterpret_cast<const char*>(data), length});
        }
        return 0;
      });
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, invalid_frame);
  nghttp2_session_callbacks_set_send_data_callback(
      callbacks, [](nghttp2_session*, nghttp2_frame*, const std::uint8_t* head, std::size_t length,
                    nghttp2_data_source* source, void* user) {
        session_of(user).library_sends(*static_cast<H2Stream*>(source->ptr), head, length);
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session* library, std::int32_t id, std::uint32_t, void* user) {
        H2Stream* stream = stream_of(library, id);
        if (stream == nullptr) return 0;
        nghttp2_session_set_stream_user_data(library, id, nullptr);
        session_of(user).close_stream(std::unique_ptr<H2Stream>(stream));
        return 0;
      });
}

nghttp2_data_provider H2Callbacks::body_of(H2Stream& stream) {
  nghttp2_data_provider body{};
  body.source.ptr = &stream;
  body.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t length,
                          std::uint32_t* flags, nghttp2_data_source* source, void* user) {
    return session_of(user).library_asks(*static_cast<H2Stream*>(source->ptr), length, *flags);
  };
  return body;
}

// RFC 9113 §5.1.1: a HEADERS frame with a lower id than one already seen, on a stream that never
// was open or is closed, ends the connection; the library would pass over it. One that we reset
// lately is passed over (§5.1), one that its client ended was seen before (H2FrameTracker).
int H2Callbacks::begin_frame(nghttp2_session* library, const nghttp2_frame_hd* head, void* user) {
  if (head->type != NGHTTP2_HEADERS || head->stream_id % 2 == 0) return 0;
  if (head->stream_id > nghttp2_session_get_last_proc_stream_id(library)) return 0;
  if (nghttp2_session_find_stream(library, head->stream_id) != nullptr) return 0;
  H2Session& session = session_of(user);
  if (session.recent_resets_.contains(head->stream_id)) {
    return session.charge(H2Glitches::kRefused) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  session.fatal_code_ = NGHTTP2_PROTOCOL_ERROR;
  session.context_.counters.protocol_errors.add();
  return NGHTTP2_ERR_CALLBACK_FAILURE;
}

// The library has queued a reset of the stream, or a GOAWAY.
int H2Callbacks::invalid_frame(nghttp2_session* library, const nghttp2_frame* frame, int error,
                               void* user) {
  H2Session& session = session_of(user);
  session.count_fault();
  if (H2Stream* stream = stream_of(library, frame->hd.stream_id)) session.give_up(*stream);
  const bool refused = error == NGHTTP2_ERR_REFUSED_STREAM;
  return session.charge(refused ? H2Glitches::kRefused : H2Glitches::kFault)
             ? 0
             : NGHTTP2_ERR_CALLBACK_FAILURE;
}

int H2Callbacks::begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  H2Session& session = session_of(user);
  session.head_.emplace(session.context_.options, Protocol::http2, session.context_.tls);
  if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) session.open_stream(frame->hd.stream_id);
  return 0;
}

int H2Callbacks::header(H2Session& session, H2Stream* stream, HeaderField field) {
  const RequestBuilder::Size size = session.head_->add(field.name, field.value);
  if (size == RequestBuilder::Size::fits) return 0;
  session.context_.counters.header_limit_refusals.add();
  // Both cost little: the library tells no more of the block and only keeps the compression state
  // up to date, or the connection ends. Being told all for a 431 would let a few bytes buy seconds.
  if (size == RequestBuilder::Size::over) {
    if (stream != nullptr) session.give_up(*stream);
    return session.charge(H2Glitches::kFault) ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE
                                              : NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  session.fatal_code_ = NGHTTP2_ENHANCE_YOUR_CALM;
  return NGHTTP2_ERR_CALLBACK_FAILURE;
}

int H2Callbacks::frame_received(nghttp2_session* library, const nghttp2_frame* frame, void* user) {
  H2Session& session = session_of(user);
  const nghttp2_frame_hd& head = frame->hd;
  switch (head.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
      if (H2Stream* stream = stream_of(library, head.stream_id)) {
        if (head.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
          session.head_complete(*stream, head.length, ends_stream(head));
        } else if (ends_stream(head)) {
          session.body_complete(*stream);
        }
      }
      break;
    case NGHTTP2_PRIORITY:
      session.flatten(head.stream_id);
      break;
    case NGHTTP2_RST_STREAM:
      session.context_.counters.resets_received.add();
      break;
    case NGHTTP2_SETTINGS:
      if (is_ack(head)) break;
      settings_received(session, frame->settings);
      break;
    case NGHTTP2_WINDOW_UPDATE:
      if (H2Stream* stream = stream_of(library, head.stream_id)) {
        session.ledger_.window_changed(*stream);
      }
      break;
    case NGHTTP2_PING:
      if (is_ack(head)) session.ping_answered(frame->ping.opaque_data);
      break;
    default:
      break;
  }
  return 0;
}

// RFC 9113 §6.9.2: what they say of windows holds for all streams, also of those that are open.
void H2Callbacks::settings_received(H2Session& session, const nghttp2_settings& settings) {
  session.settings_received_ = true;
  const bool are_of_windows =
      std::any_of(settings.iv, settings.iv + settings.niv, [](const nghttp2_settings_entry& entry) {
        return entry.settings_id == NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE;
      });
  if (!are_of_windows) return;
  base::IntrusiveList<H2Stream, H2OpenTag> all;
  all.splice(session.open_);
  while (H2Stream* stream = all.pop_front()) {
    session.ledger_.window_changed(*stream);
    session.open_.push_back(*stream);
  }
}

int H2Callbacks::frame_sent(nghttp2_session* library, const nghttp2_frame* frame, void* user) {
  H2Session& session = session_of(user);
  const nghttp2_frame_hd& head = frame->hd;
  switch (head.type) {
    case NGHTTP2_HEADERS:
      if (H2Stream* stream = stream_of(library, head.stream_id)) {
        session.response_head_sent(*stream);
      }
      break;
    case NGHTTP2_RST_STREAM:
      reset_sent(session, stream_of(library, head.stream_id), *frame);
      break;
    case NGHTTP2_GOAWAY:
      session.context_.counters.goaways_sent.add();
      if (!session.over_) session.library_gave_up(frame->goaway.error_code);
      break;
    case NGHTTP2_PING:
      if (!is_ack(head)) session.ping_left(frame->ping.opaque_data);
      break;
    default:
      break;
  }
  const bool may_end = head.type == NGHTTP2_DATA || head.type == NGHTTP2_HEADERS;
  if (may_end && ends_stream(head) &&
      nghttp2_session_get_stream_remote_close(library, head.stream_id) == 0) {
    session.answered_early(head.stream_id);
  }
  return 0;
}

void H2Callbacks::reset_sent(H2Session& session, const H2Stream* stream,
                             const nghttp2_frame& frame) {
  session.context_.counters.resets_sent.add();
  session.recent_resets_.add(frame.hd.stream_id);
  const std::uint32_t code = frame.rst_stream.error_code;
  const bool our_wish = code == NGHTTP2_NO_ERROR || code == NGHTTP2_CANCEL;
  if (our_wish || stream == nullptr || stream->given_up()) return;
  // SETTINGS that make a window too large end the connection (RFC 9113 §6.9.2), and so may DATA
  // beyond one (§6.9.1). The library resets the stream only.
  if (code == NGHTTP2_FLOW_CONTROL_ERROR && !session.over_) {
    session.context_.counters.protocol_errors.add();
    session.end_with(code);
    return;
  }
  // Some faults are not reported as invalid frames (a body of the wrong length).
  // What is exhausted here ends the connection with the next bytes received.
  session.charge(H2Glitches::kFault);
}

}  // namespace gateway::http
