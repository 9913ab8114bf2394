#include "backbone/ingest_channel.h"

#include <utility>

#include "backbone/ingest_draft.h"

namespace gateway::backbone {
namespace {

/// Of what waits to be appended: over it the socket is not read.
constexpr std::size_t kWaitingBytes = 8 * kIngestBatchBytes;

}  // namespace

IngestChannel::IngestChannel(const IngestTerm& term)
    : term_(term),
      connection_(
          term.loop, term.link.lookup(),
          {[this] { term_.greet(connection_, "the channels", [this] { subscribe(); }); },
           [this](const std::string& why) { term_.end("the channels: " + why); },
           [this](std::string_view) { subscribed_ = true; },
           [this](std::string_view channel, std::string_view data) { message(channel, data); }}) {
  again_ = term_.loop.make([this] { append(); });
  term_.link.open(connection_);
}

void IngestChannel::stop() {
  stopped_ = true;
  again_->cancel();
  connection_.close();
  term_.counters.ingest_lost.add(waiting_.size());
}

void IngestChannel::subscribe() { connection_.subscribe_pattern(term_.names.inbox_channels + "*"); }

void IngestChannel::look() {
  if (subscribed_ && connection_.is_open()) subscribe();
}

void IngestChannel::message(std::string_view channel, std::string_view data) {
  auto draft =
      read_inbox_message(term_.names.inbox_channels, channel, data, term_.options.ingest_bytes);
  if (!draft) return term_.reject(channel, draft.error().message);
  waiting_.push(*std::move(draft));
  if (waiting_.bytes() > kWaitingBytes) connection_.pause(true);
  append();
}

void IngestChannel::append() {
  if (stopped_ || appending_) return;
  if (term_.crowded()) {
    connection_.pause(true);
    return again_->arm(RedisLink::kPace);
  }
  if (waiting_.bytes() <= kWaitingBytes / 2) connection_.pause(false);
  if (waiting_.empty()) return;
  std::vector<broker::Draft> batch = waiting_.take();
  appending_ = true;
  const std::size_t count = batch.size();
  term_.append(std::move(batch), [self = weak(), count](bool, const RedisReply& reply) {
    if (self.get() != nullptr) self.get()->appended(count, reply);
  });
}

void IngestChannel::appended(std::size_t count, const RedisReply& reply) {
  appending_ = false;
  // Not tried again: whether it was done is not always known, and once is the most it may be.
  if (!read_script_answer(reply, count)) {
    term_.counters.ingest_lost.add(count);
    if (!stopped_) term_.end("the append: " + reply.text);
    return;
  }
  term_.counters.ingested_channel.add(count);
  append();
}

}  // namespace gateway::backbone
