#include "backbone/ingest_stream.h"

#include <algorithm>
#include <utility>

#include "backbone/ingest_queue.h"
#include "backbone/portion.h"
#include "backbone/redis_reader.h"
#include "base/log.h"

namespace gateway::backbone {
namespace {

using std::chrono::milliseconds;
using Kind = RedisReply::Kind;

constexpr milliseconds kClaimEvery{5'000};
constexpr const char* kGroup = "gateway";
/// One for all nodes: the lease says whose turn it is.
constexpr const char* kConsumer = "gateway";
/// Entries of one answer.
constexpr std::size_t kPortionMax = 64;
constexpr std::string_view kClaimedAll = "0-0";
/// As often an entry that comes too late may be so by chance.
constexpr int kTries = 3;

}  // namespace

IngestStream::IngestStream(const IngestTerm& term)
    : term_(term),
      connection_(term.loop, term.link.lookup(),
                  {[this] { term_.greet(connection_, "the stream", [this] { make_group(); }); },
                   [this](const std::string& why) { down(why); }, [](std::string_view) {},
                   [](std::string_view, std::string_view) {}}) {
  again_ = term_.loop.make([this] { go_on(); });
  term_.link.open(connection_);
}

void IngestStream::stop() {
  stopped_ = true;
  again_->cancel();
  connection_.close();
}

void IngestStream::down(const std::string& why) {
  if (fetching_) count_failure(why);
  term_.end("the stream: " + why);
}

// Whatever else ends a connection says nothing of what was asked for.
void IngestStream::count_failure(const std::string& why) {
  const bool is_too_large = RedisReader::is_too_large(why);
  const bool is_late = term_.loop.clock().now() - fetched_at_ >= term_.options.timeout;
  if (!is_too_large && !is_late) return;
  Unread& unread = term_.unread;
  if (std::exchange(unread.id, claimed_.front()) != claimed_.front()) unread.times = 0;
  unread.times = is_too_large ? kTries : unread.times + 1;
}

void IngestStream::fail(const char* what, const RedisReply& reply) {
  if (reply.is(Kind::lost)) return;
  if (reply.is(Kind::error)) {
    BC_LOG(warn, "redis: it refuses what the ingest needs", {"what", what}, {"why", reply.text});
  }
  term_.end(std::string(what) + ": " + reply.text);
}

void IngestStream::make_group() {
  connection_.ask({"XGROUP", "CREATE", term_.names.inbox, kGroup, "0", "MKSTREAM"},
                  [this](const RedisReply& reply) {
                    const bool is_there = reply.is(Kind::text) || reply.is_error("BUSYGROUP");
                    // What was read in another term can only be appended in this one.
                    is_there ? claim("0-0", milliseconds(0)) : fail("XGROUP", reply);
                  });
}

// By their ids alone: one of them may be what ended the last term.
void IngestStream::claim(const std::string& from, milliseconds idle) {
  connection_.ask({"XAUTOCLAIM", term_.names.inbox, kGroup, kConsumer, std::to_string(idle.count()),
                   from, "COUNT", std::to_string(kPortionMax), "JUSTID"},
                  [this, idle](const RedisReply& reply) { claimed(reply, idle); });
}

void IngestStream::claimed(const RedisReply& reply, milliseconds idle) {
  if (!reply.is(Kind::list) || reply.list.size() < 2) return fail("XAUTOCLAIM", reply);
  const std::string& next = reply.list[0].text;
  claim_from_ = next == kClaimedAll ? std::string() : next;
  claim_idle_ = idle;
  claimed_at_ = term_.loop.clock().now();
  for (const RedisReply& id : reply.list[1].list) claimed_.push_back(id.text);
  go_on();
}

void IngestStream::fetch() {
  const std::string& id = claimed_.front();
  if (id == term_.unread.id && term_.unread.times >= kTries) return give_up();
  fetching_ = true;
  fetched_at_ = term_.loop.clock().now();
  connection_.ask({"XRANGE", term_.names.inbox, id, id},
                  [this](const RedisReply& reply) { fetched(reply); });
}

void IngestStream::fetched(const RedisReply& reply) {
  if (!reply.is(Kind::list)) return fail("XRANGE", reply);
  fetching_ = false;
  const std::string id = std::move(claimed_.front());
  claimed_.pop_front();
  // Somebody deleted it: Redis 6.2 would have it claimed for ever.
  if (reply.list.empty()) acknowledge({id});
  take(read_inbox_entries(reply, term_.options.ingest_bytes));
}

void IngestStream::give_up() {
  const std::string id = std::move(claimed_.front());
  claimed_.pop_front();
  term_.reject(term_.names.inbox + " " + id, "it is too large, or comes too late, to be read");
  acknowledge({id});
  go_on();
}

// Everything that was read before is done with.
void IngestStream::go_on() {
  if (stopped_ || !connection_.is_open()) return;  // its end is on its way
  if (term_.crowded()) return again_->arm(RedisLink::kPace);
  if (!claimed_.empty()) return fetch();
  if (!claim_from_.empty()) return claim(claim_from_, claim_idle_);
  if (term_.loop.clock().now() - claimed_at_ >= kClaimEvery) {
    return claim("0-0", std::max(kClaimEvery, 4 * term_.options.timeout));
  }
  read();
}

void IngestStream::read() {
  // It waits for less long than its answer is waited for.
  const std::string block =
      std::to_string(std::max<std::int64_t>(term_.options.timeout.count() / 2, 1));
  connection_.ask({"XREADGROUP", "GROUP", kGroup, kConsumer, "COUNT", std::to_string(portion_),
                   "BLOCK", block, "STREAMS", term_.names.inbox, ">"},
                  [this](const RedisReply& reply) { was_read(reply); });
}

void IngestStream::was_read(const RedisReply& reply) {
  if (reply.is(Kind::nil)) return go_on();
  if (reply.is_error("NOGROUP")) return make_group();  // somebody deleted the stream
  const bool is_answer = reply.is(Kind::list) && reply.list.size() == 1;
  if (!is_answer || reply.list[0].list.size() != 2) return fail("XREADGROUP", reply);
  take(read_inbox_entries(reply.list[0].list[1], term_.options.ingest_bytes));
}

// As many of the largest one that was seen could be taken twice over.
void IngestStream::size_up(const std::vector<InboxEntry>& entries) {
  std::size_t bytes = 0;
  for (const InboxEntry& entry : entries) {
    bytes += entry.bytes;
    largest_ = std::max(largest_, entry.bytes);
  }
  const std::size_t fit = std::max<std::size_t>(term_.options.reply_bytes / largest_ / 2, 1);
  portion_ = next_portion(portion_, bytes / std::max<std::size_t>(entries.size(), 1),
                          std::min(fit, kPortionMax));
}

void IngestStream::take(std::vector<InboxEntry> entries) {
  size_up(entries);
  std::vector<std::string> refused;
  for (InboxEntry& entry : entries) {
    if (entry.draft) {
      waiting_.push_back({std::move(entry.id), *std::move(entry.draft)});
    } else {
      term_.reject(term_.names.inbox + " " + entry.id, entry.draft.error().message);
      refused.push_back(std::move(entry.id));
    }
  }
  acknowledge(refused);
  append();
}

void IngestStream::append() {
  if (waiting_.empty()) return go_on();
  std::vector<broker::Draft> batch;
  std::size_t bytes = 0;
  for (const Waiting& one : waiting_) {
    bytes += one.draft.data.size();
    if (!batch.empty() && bytes > kIngestBatchBytes) break;
    batch.push_back(one.draft);
  }
  appending_ = batch.size();
  term_.append(std::move(batch), [self = weak()](bool, const RedisReply& reply) {
    if (self.get() != nullptr && !self.get()->stopped_) self.get()->appended(reply);
  });
}

void IngestStream::appended(const RedisReply& reply) {
  if (const auto answer = read_script_answer(reply, appending_)) {
    term_.counters.ingested_stream.add(answer->published.ids.size() - answer->published.repeated);
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(appending_);
    std::vector<std::string> ids;
    for (auto one = waiting_.begin(); one != end; ++one) ids.push_back(std::move(one->id));
    waiting_.erase(waiting_.begin(), end);
    acknowledge(ids);
    return append();
  }
  const PublishError error = publish_error(reply);
  if (error.reason != PublishError::conflict || error.index >= appending_) {
    return term_.end("the append: " + reply.text);  // they come again in the next term
  }
  const auto culprit = waiting_.begin() + static_cast<std::ptrdiff_t>(error.index);
  term_.reject(term_.names.inbox + " " + culprit->id, "the key stands for other content");
  acknowledge({culprit->id});
  waiting_.erase(culprit);
  append();
}

// Deleted too: it is an inbox, and would grow for ever.
void IngestStream::acknowledge(const std::vector<std::string>& ids) {
  if (ids.empty()) return;
  std::vector<std::string> ack{kAcknowledge[0], term_.names.inbox, kGroup};
  std::vector<std::string> del{kAcknowledge[1], term_.names.inbox};
  ack.insert(ack.end(), ids.begin(), ids.end());
  del.insert(del.end(), ids.begin(), ids.end());
  term_.link.ask(ack, {});
  term_.link.ask(del, {});
}

}  // namespace gateway::backbone
