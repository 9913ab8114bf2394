#include "http/h2_stream.h"

#include <string>
#include <utility>

#include "base/check.h"
#include "http/h2_session.h"
#include "http/session_common.h"
#include "http/whole_body.h"

namespace gateway::http {

H2Stream::H2Stream(H2Session& session, std::int32_t id)
    : session_(session), incoming_(std::make_unique<H2Incoming>()), id_(id) {}

H2Stream::~H2Stream() {
  // The source may say goodbye to us while it is destroyed.
  idle_ = false;
  aborted_ = true;
  source_.reset();
}

const Request& H2Stream::request() const {
  BC_CHECK(incoming_ != nullptr, id_);
  return incoming_->request;
}

const Peer& H2Stream::peer() const { return session_.peer(); }

void H2Stream::respond(Response response) {
  BC_CHECK(!responded_, id_);
  responded_ = true;
  const bool content =
      !response.body.empty() && has_content(incoming_->request.method, response.status);
  const std::size_t length = response.body.size();
  if (incoming_->line) incoming_->line->answered(response.status);
  if (content) {
    source_ = std::make_unique<WholeBody>(std::move(response.body), std::move(incoming_->line));
  }
  whole_ = content;
  session_.submit(*this, response, length);
  if (response.ends_connection) session_.shut_down();
}

void H2Stream::respond_stream(Response head, std::unique_ptr<BodySource> source) {
  BC_CHECK(!responded_ && source != nullptr, id_);
  responded_ = true;
  if (incoming_->line) incoming_->line->answered(head.status);
  if (has_content(incoming_->request.method, head.status)) {
    source_ = logged(std::move(source), std::move(incoming_->line));
  }
  session_.submit(*this, head, std::nullopt);
}

void H2Stream::wake() {
  if (!idle_) return;
  idle_ = false;
  if (!Agenda::linked()) session_.call_on(*this);
}

void H2Stream::abort() {
  if (aborted_) return;
  aborted_ = true;
  Agenda::unlink();
  session_.call_on(*this);
}

std::optional<base::MonoTime> H2Stream::progress_at() const {
  if (!whole_) return std::nullopt;
  return static_cast<const WholeBody&>(*source_).progress_at;
}

void H2Stream::set_progress_at(base::MonoTime now) {
  BC_CHECK(whole_, id_);
  static_cast<WholeBody&>(*source_).progress_at = now;
}

BodySource::Ready H2Stream::ready(std::size_t max) {
  if (aborted_) return {};
  const BodySource::Ready ready = source_->ready(max);
  BC_CHECK(ready.bytes <= max, id_, ready.bytes, max);
  idle_ = ready.next == BodySource::Next::later;
  return ready;
}

}  // namespace gateway::http
