// What an HTTP/2 session sends: the hot path. The library gives every frame but the DATA of
// streamed bodies: those are framed here, since the library works longer on a frame than all else
// together. A stream goes to the library where its window is closed, where it ends, and now and
// then to settle what it owes (H2Ledger).
#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include <nghttp2/nghttp2.h>

#include "base/check.h"
#include "http/h2_callbacks.h"
#include "http/h2_session.h"

namespace gateway::http {

namespace {

constexpr std::size_t kRoomMin = 1024;
constexpr std::size_t kFrameHeadBytes = 9;
// Two of them fill a record. A stream with much to say has one at a time, so that with a hundred
// such the last does not wait for a megabyte and more.
constexpr std::size_t kFramePayloadBytesMax = 8 * 1024 - kFrameHeadBytes;
// Less than this is left of a buffer: not worth a frame of its own.
constexpr std::size_t kFrameWorthBytes = 128;

// RFC 9113 §4.1 and §6.1: DATA without flags.
struct DataHead {
  DataHead(std::size_t length, std::int32_t stream) {
    const auto id = static_cast<std::uint32_t>(stream);
    bytes[0] = static_cast<std::uint8_t>(length >> 16);
    bytes[1] = static_cast<std::uint8_t>(length >> 8);
    bytes[2] = static_cast<std::uint8_t>(length);
    bytes[5] = static_cast<std::uint8_t>(id >> 24);
    bytes[6] = static_cast<std::uint8_t>(id >> 16);
    bytes[7] = static_cast<std::uint8_t>(id >> 8);
    bytes[8] = static_cast<std::uint8_t>(id);
  }
  std::uint8_t bytes[kFrameHeadBytes] = {};
};

}  // namespace

std::size_t H2Session::send(char* out, std::size_t room) {
  BC_CHECK(room >= kRoomMin, room);
  output_ = {};
  output_.at = out;
  output_.left = room;
  if (!overflow_.empty()) {
    const std::string carried = std::exchange(overflow_, {});
    write(carried.data(), carried.size());
  }
  if (!library_idle_) ledger_.begin(library_);
  do {
    replenish();
    take_frames();
    frame_called();
    // The head of an answer makes room for the uploads of others.
  } while (has_room() && (output_.pending || !called_.empty() || uploads_.may_replenish()) &&
           !over_ && output_.vain <= open_count_);
  left_over_ = !has_room();
  return output_.used;
}

bool H2Session::has_room() const { return output_.left > 0 && !output_.full && !failed_; }

void H2Session::replenish() {
  if (!uploads_.may_replenish()) return;
  uploads_.replenish(library_);
  library_idle_ = false;
}

// What the library has to say, as far as it fits; of bodies one frame, then streams that were
// called have theirs.
void H2Session::take_frames() {
  output_.pending = false;
  if (library_idle_) return;
  const std::size_t before = output_.used;
  const std::uint8_t* chunk = nullptr;
  ssize_t count = 0;
  while (has_room() && (count = nghttp2_session_mem_send(library_, &chunk)) > 0) {
    write(reinterpret_cast<const char*>(chunk), static_cast<std::size_t>(count));
  }
  if (count < 0) over_ = failed_ = true;
  if (output_.used > before) output_.vain = 0;
  // That it has given nothing says little: it may have been told to pause.
  library_idle_ = count == 0 && nghttp2_session_want_write(library_) == 0 &&
                  nghttp2_session_want_read(library_) != 0;
}

// One frame after the other for streams that were called, until the library is to go on. (It soon
// is to when one has much to say, which then takes its turns with the library's bodies.) Bodies may
// wake each other while they are pulled.
void H2Session::frame_called() {
  while (has_room() && !over_ && output_.vain <= open_count_) {
    H2Stream* const stream = called_.pop_front();
    if (stream == nullptr) return;
    const std::size_t before = output_.used;
    const bool past = send_past_library(*stream);
    output_.vain = output_.used == before ? output_.vain + 1 : 0;
    if (!past) return go_on(*stream);
    bodies_had_a_turn_ = false;
  }
}

// By the library.
void H2Session::go_on(H2Stream& stream) {
  output_.pending = true;
  library_idle_ = false;
  if (stream.aborted()) {
    nghttp2_submit_rst_stream(library_, NGHTTP2_FLAG_NONE, stream.id(), NGHTTP2_CANCEL);
    return;
  }
  const nghttp2_data_provider body = H2Callbacks::body_of(stream);
  const int result = nghttp2_submit_data(library_, NGHTTP2_FLAG_END_STREAM, stream.id(), &body);
  BC_CHECK(result == 0, result, stream.id());
}

/// The stream's next frame, framed here. False: the library has to go on with it.
bool H2Session::send_past_library(H2Stream& stream) {
  if (stream.aborted()) return false;
  const std::size_t max = ledger_.may_pass(library_, stream);
  if (max == 0) return false;
  const bool cut = output_.left < kFrameHeadBytes + std::min(max, kFramePayloadBytesMax);
  const std::optional<BodySource::Ready> ready = next_frame(stream, max);
  if (!ready) {
    called_.push_front(stream);
    return true;
  }
  if (ready->next == BodySource::Next::end) return false;
  if (ready->bytes > 0) {
    ledger_.passed(stream, ready->bytes);
    write_body(stream, DataHead(ready->bytes, stream.id()).bytes, ready->bytes);
  }
  if (ready->next != BodySource::Next::more) return true;
  // Who was cut by the end of the record goes on in the next one, not behind all others.
  if (cut) {
    called_.push_front(stream);
  } else {
    called_.push_back(stream);
  }
  return true;
}

/// What the next frame of the body is to hold; nothing when the next buffer is to hold it.
std::optional<BodySource::Ready> H2Session::next_frame(H2Stream& stream, std::size_t max) {
  output_.full = output_.left < kFrameHeadBytes + kFrameWorthBytes;
  if (output_.full) return std::nullopt;
  const std::size_t left = output_.left - kFrameHeadBytes;
  const BodySource::Ready ready = stream.ready(std::min({max, left, kFramePayloadBytesMax}));
  // A second frame for the rest costs as much as the first: when this record is nearly full, it
  // goes whole into the next one.
  const bool cut = ready.next == BodySource::Next::more && ready.bytes == left;
  output_.full = cut && output_.left < output_.used / 3;
  if (output_.full) return std::nullopt;
  return ready;
}

// `next_frame` made sure that it fits.
void H2Session::write_body(H2Stream& stream, const std::uint8_t* head, std::size_t length) {
  write(reinterpret_cast<const char*>(head), kFrameHeadBytes);
  context_.counters.data_frames_sent.add();
  glitches_.data_sent();
  if (length == 0) return;
  stream.copy(output_.at, length);
  output_.at += length;
  output_.left -= length;
  output_.used += length;
}

// The library's read callback: it wants to frame up to `length` bytes.
std::ptrdiff_t H2Session::library_asks(H2Stream& stream, std::size_t length, std::uint32_t& flags) {
  flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  output_.settling = stream.owed() > 0;
  if (output_.settling) {
    const std::size_t told = std::min(length, stream.owed());
    // That is all: the stream goes on past the library, among those that were called.
    if (told == stream.owed()) flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    return static_cast<std::ptrdiff_t>(told);
  }
  output_.pending = bodies_had_a_turn_ && !called_.empty();
  // With the connection's window closed the library waits. Those that were called still go on: to
  // be cut, or into the library, where the next WINDOW_UPDATE finds them.
  if (output_.pending || ledger_.window() == 0) return NGHTTP2_ERR_PAUSE;
  const std::optional<BodySource::Ready> ready =
      next_frame(stream, std::min(length, ledger_.window()));
  if (!ready) return NGHTTP2_ERR_PAUSE;
  if (ready->next != BodySource::Next::more) flags |= NGHTTP2_DATA_FLAG_EOF;
  // The body goes on when it is called again: an idle stream keeps no frame in the library.
  if (ready->next == BodySource::Next::later) flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  return static_cast<std::ptrdiff_t>(ready->bytes);
}

// The library's send callback for what it asked.
void H2Session::library_sends(H2Stream& stream, const std::uint8_t* head, std::size_t length) {
  if (output_.settling) {
    ledger_.settle(stream, length);
    output_.vain = 0;
    if (stream.owed() == 0 && !stream.H2Stream::Agenda::linked()) called_.push_front(stream);
    return;
  }
  ledger_.sent(stream, length);
  write_body(stream, head, length);
  if (length > 0 && stream.progress_at()) response_went_on(stream);
  bodies_had_a_turn_ = true;
}

void H2Session::write(const char* bytes, std::size_t count) {
  const std::size_t fits = std::min(count, output_.left);
  std::memcpy(output_.at, bytes, fits);
  output_.at += fits;
  output_.left -= fits;
  output_.used += fits;
  if (fits < count) overflow_.append(bytes + fits, count - fits);
}

}  // namespace gateway::http
