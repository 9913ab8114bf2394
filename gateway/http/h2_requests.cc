// The requests of an HTTP/2 session: streams open, heads and bodies arrive, whole requests go to
// the handler.
#include <memory>
#include <optional>

#include <nghttp2/nghttp2.h>

#include "base/check.h"
#include "base/release.h"
#include "base/text.h"
#include "http/h2_session.h"
#include "http/session_common.h"

namespace gateway::http {

namespace {

constexpr std::int32_t kNoMoreStreamsAfter = 0x7FF00000;  // near the end of the id space

constexpr Refusal kBodyTooLarge = {413, "The request's body is too large."};

}  // namespace

void H2Session::open_stream(std::int32_t id) {
  auto stream = std::make_unique<H2Stream>(*this, id);
  nghttp2_session_set_stream_user_data(library_, id, stream.get());
  open_.push_back(*stream.release());  // owned by the list until close_stream
  ++open_count_;
  context_.counters.exchanges_open.add(1);
  glitches_.stream_opened();
  flatten(id);
}

void H2Session::close_stream(std::unique_ptr<H2Stream> stream) {
  uploads_.forget(*stream);
  uploads_.end(*stream);
  ledger_.closed(*stream);
  unread_.erase(stream->id());
  --open_count_;
  context_.counters.exchanges_open.add(-1);
  if (open_count_ == 0) idle_since_ = context_.clock.now();
}

// Browsers hang each stream below the one before (exclusive dependencies, RFC 7540 §5.3.1), which
// starves all but the first and makes each frame dear. All streams are children of the root here,
// and nothing stays below another.
void H2Session::flatten(std::int32_t id) {
  nghttp2_priority_spec root;
  nghttp2_priority_spec_init(&root, 0, NGHTTP2_DEFAULT_WEIGHT, 0);
  const auto move_to_root = [&](std::int32_t moved) {
    const int result = nghttp2_session_change_stream_priority(library_, moved, &root);
    BC_CHECK(result == 0, result, moved);
  };
  nghttp2_stream* stream = nghttp2_session_find_stream(library_, id);
  if (stream == nullptr) return;
  const bool is_flat =
      nghttp2_stream_get_first_child(stream) == nullptr &&
      nghttp2_stream_get_weight(stream) == NGHTTP2_DEFAULT_WEIGHT &&
      nghttp2_stream_get_parent(stream) == nghttp2_session_get_root_stream(library_);
  if (is_flat) return;
  while (nghttp2_stream* child = nghttp2_stream_get_first_child(stream)) {
    move_to_root(nghttp2_stream_get_stream_id(child));
  }
  move_to_root(id);
}

void H2Session::head_complete(H2Stream& stream, std::size_t block_bytes, bool end_stream) {
  context_.counters.requests_h2.add();
  ++requests_;
  const std::uint64_t limit = context_.options.streams_per_connection;
  if ((limit > 0 && requests_ >= limit) || stream.id() >= kNoMoreStreamsAfter || ledger_.worn()) {
    shut_down_wanted_ = true;
  }
  const std::optional<Refusal> refusal = head_->check();
  Request& request = stream.incoming()->request;
  request = head_->take();
  head_.reset();
  if (end_stream) {
    glitches_.charge_target(request.path.size() + request.query.size(), block_bytes, now_);
  }
  if (!uploads_.admit(stream)) {
    context_.counters.header_limit_refusals.add();
    refuse_stream(stream);
    return;
  }
  const auto length = base::parse_decimal(request.fields.get("content-length"));
  if (refusal) {
    refuse(stream, *refusal);
  } else if (length && *length > context_.options.body_bytes) {
    context_.counters.body_limit_refusals.add();
    refuse(stream, kBodyTooLarge);
  } else if (end_stream) {
    complete_.push_back(stream);
  } else {
    uploads_.begin(stream, now_);
  }
}

void H2Session::body_chunk(H2Stream& stream, std::string_view bytes) {
  H2Incoming* incoming = stream.incoming();
  // Answered or given up: read on, keep nothing.
  if (incoming == nullptr || incoming->refusal || stream.given_up()) return;
  if (context_.memory_is_short()) {
    context_.counters.memory_refusals.add();
    return drop_body(stream, kMemoryShort);
  }
  switch (uploads_.take(library_, stream, bytes)) {
    case H2Uploads::Taken::ok:
      return;
    case H2Uploads::Taken::body_too_large:
      context_.counters.body_limit_refusals.add();
      return drop_body(stream, kBodyTooLarge);
    case H2Uploads::Taken::no_room:
      context_.counters.body_limit_refusals.add();
      refuse_stream(stream);
      return;
  }
}

void H2Session::drop_body(H2Stream& stream, const Refusal& refusal) {
  uploads_.forget(stream);
  base::release(stream.incoming()->request.body);
  uploads_.end(stream);
  refuse(stream, refusal);
}

void H2Session::body_complete(H2Stream& stream) {
  H2Incoming* incoming = stream.incoming();
  if (incoming == nullptr || incoming->refusal) return;
  uploads_.end(stream);
  complete_.push_back(stream);
}

void H2Session::refuse(H2Stream& stream, const Refusal& refusal) {
  stream.incoming()->refusal = refusal;
  complete_.push_back(stream);
}

// It was not looked at, so the client may send it again (RFC 9113 §8.7).
void H2Session::refuse_stream(H2Stream& stream) {
  nghttp2_submit_rst_stream(library_, NGHTTP2_FLAG_NONE, stream.id(), NGHTTP2_REFUSED_STREAM);
  uploads_.forget(stream);
  base::release(stream.incoming()->request);
  give_up(stream);
  charge(H2Glitches::kRefused);
}

// A reset that the client provoked is under way. What else it sends on the stream is ignored by the
// library, and a request that is complete already must not be worked on: the client has its place
// among the concurrent streams back (MadeYouReset, CVE-2025-8671).
void H2Session::give_up(H2Stream& stream) {
  stream.give_up();
  uploads_.end(stream);
}

void H2Session::count_fault() {
  fault_counted_ = true;
  context_.counters.protocol_errors.add();
}

// A GOAWAY that no `end_with` asked for. The library tells of some broken frames beforehand.
void H2Session::library_gave_up(std::uint32_t error_code) {
  if (error_code == NGHTTP2_NO_ERROR) return;
  if (error_code == NGHTTP2_INTERNAL_ERROR) {
    context_.counters.reset_limit_closes.add();  // its own limit of resets
  } else if (!fault_counted_) {
    count_fault();
  }
}

/// False: the connection is to end.
bool H2Session::charge(std::uint64_t tokens) {
  glitches_.charge(tokens, now_);
  return !glitches_.exhausted();
}

void H2Session::dispatch() {
  while (H2Stream* stream = complete_.pop_front()) {
    H2Incoming& incoming = *stream->incoming();
    if (context_.options.access_log) {
      incoming.line = std::make_unique<AccessLine>(incoming.request, context_.peer, context_.clock);
    }
    if (const std::optional<Refusal> refusal = incoming.refusal) {
      context_.handler.refuse(*stream, *refusal);
    } else {
      context_.handler.handle(*stream);
    }
  }
}

}  // namespace gateway::http
