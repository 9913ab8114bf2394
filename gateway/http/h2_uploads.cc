#include "http/h2_uploads.h"

#include <algorithm>

#include <nghttp2/nghttp2.h>

#include "http/session_common.h"

namespace gateway::http {

namespace {

constexpr std::size_t kBudgetBytesMin = 4 * 1024 * 1024;
// Of all heads together, or of one that is as large as may be. With the streams themselves a MiB.
constexpr std::size_t kHeadsBytesMin = 768 * 1024;

std::size_t head_bytes(const Request& request) {
  std::size_t bytes = request.method.size() + request.path.size() + request.query.size() +
                      request.authority.size() + kFieldOverhead;
  for (const Field& field : request.fields) {
    bytes += field.name.size() + field.value.size() + kFieldOverhead;
  }
  return bytes;
}

}  // namespace

H2Uploads::H2Uploads(const Options& options) : options_(options) {}

std::size_t H2Uploads::budget() const { return std::max(kBudgetBytesMin, 2 * options_.body_bytes); }

bool H2Uploads::admit(H2Stream& stream) {
  H2Incoming& incoming = *stream.incoming();
  const std::size_t bytes = head_bytes(incoming.request);
  if (heads_ + bytes > std::max(kHeadsBytesMin, 2 * options_.header_bytes)) return false;
  incoming.head_bytes = bytes;
  heads_ += bytes;
  buffered_ += bytes;
  return true;
}

void H2Uploads::begin(H2Stream& stream, base::MonoTime now) {
  stream.incoming()->body_deadline = now + options_.body_timeout;
  arriving_.push_back(stream);
}

H2Uploads::Taken H2Uploads::take(nghttp2_session* library, H2Stream& stream,
                                 std::string_view bytes) {
  H2Incoming& incoming = *stream.incoming();
  std::string& body = incoming.request.body;
  const bool oldest = arriving_.front() == &stream;
  if (body.size() + bytes.size() > options_.body_bytes) return Taken::body_too_large;
  if (!oldest && buffered_ + bytes.size() > 2 * budget()) return Taken::no_room;
  body.append(bytes);
  buffered_ += bytes.size();
  incoming.body_bytes += bytes.size();
  if (oldest || buffered_ <= budget()) {
    nghttp2_session_consume_stream(library, stream.id(), bytes.size());
  } else {
    incoming.withheld += bytes.size();
  }
  return Taken::ok;
}

void H2Uploads::end(H2Stream& stream) {
  stream.H2Stream::Agenda::unlink();
  changed_ = true;
}

void H2Uploads::forget(const H2Stream& stream) {
  H2Incoming* incoming = stream.incoming();
  if (incoming == nullptr) return;
  buffered_ -= incoming->body_bytes + incoming->head_bytes;
  heads_ -= incoming->head_bytes;
  incoming->body_bytes = incoming->head_bytes = 0;
  changed_ = true;
}

void H2Uploads::replenish(nghttp2_session* library) {
  if (!changed_) return;
  changed_ = false;
  base::IntrusiveList<H2Stream, H2AgendaTag> all;
  all.splice(arriving_);
  while (H2Stream* stream = all.pop_front()) {
    const bool oldest = arriving_.empty();
    arriving_.push_back(*stream);
    std::size_t& withheld = stream->incoming()->withheld;
    if (withheld == 0 || (!oldest && buffered_ > budget())) continue;
    nghttp2_session_consume_stream(library, stream->id(), withheld);
    withheld = 0;
  }
}

std::optional<base::MonoTime> H2Uploads::deadline() const {
  if (arriving_.empty()) return std::nullopt;
  return arriving_.front()->incoming()->body_deadline;
}

H2Stream* H2Uploads::take_overdue(base::MonoTime now) {
  H2Stream* oldest = arriving_.front();
  if (oldest == nullptr || oldest->incoming()->body_deadline > now) return nullptr;
  end(*oldest);
  return oldest;
}

}  // namespace gateway::http
