#include "api/stream_body.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace gateway::api {

StreamBody::~StreamBody() {
  if (table_ != nullptr) table_->remove(*this);
  if (ties_ == nullptr || ties_->line == nullptr) return;
  ties_->line->stream_ended(subscription_->outcome(), subscription_->events_queued(ties_->limit));
}

void StreamBody::end_in(http::AccessLine& line, std::uint64_t limit) {
  BC_CHECK(subscription_ != nullptr);
  ties().line = &line;
  ties().limit = limit;
}

void StreamBody::open(std::unique_ptr<broker::Subscription> subscription) {
  BC_CHECK(!subscription_);
  subscription_ = std::move(subscription);
}

std::string_view StreamBody::piece(std::size_t index) const {
  const broker::Block* block = subscription_ ? subscription_->waiting(index) : nullptr;
  return block != nullptr ? block->text() : std::string_view{};
}

http::BodySource::Ready StreamBody::ready(std::size_t max) {
  std::size_t bytes = 0;
  std::size_t index = 0;
  std::string_view next = piece(0).substr(offset_);
  while (!next.empty() && bytes + next.size() <= max) {
    bytes += next.size();
    next = piece(++index);
  }
  if (!next.empty()) return {bytes > 0 ? bytes : max, Next::more};
  const bool ended = !subscription_ || subscription_->ended() != broker::EndReason::none;
  return {bytes, ended ? Next::end : Next::later};
}

void StreamBody::copy(char* to, std::size_t bytes) {
  while (bytes > 0) {
    const std::string_view rest = piece(0).substr(offset_);
    BC_CHECK(!rest.empty(), bytes);
    const std::size_t taken = std::min(bytes, rest.size());
    to = std::copy_n(rest.data(), taken, to);
    bytes -= taken;
    offset_ += taken;
    if (taken < rest.size()) return;
    offset_ = 0;
    subscription_->pop();
  }
}

}  // namespace gateway::api
