#include "backbone/log_copy.h"

#include <algorithm>
#include <utility>

#include "backbone/options.h"
#include "broker/options.h"

namespace gateway::backbone {
namespace {

/// Epochs before this one of which messages may still be on their way.
constexpr std::size_t kPastMax = 16;

/// What an event has beside its data, boards above all: far less than this.
constexpr std::size_t kBesideDataBytes = std::size_t{1} << 20U;
static_assert(kPortionFirst * (broker::kDataBytesMax + kBesideDataBytes) <= kReplyBytes,
              "a first portion can be read whatever events the script has let in");

}  // namespace

LogCopy::LogCopy(broker::Log& log, Source& source, std::size_t waiting_bytes,
                 std::function<void(const Report&)> reconciled)
    : log_(log), source_(source), waiting_max_(waiting_bytes), reconciled_(std::move(reconciled)) {}

void LogCopy::begin(const char* why) {
  waiting_.clear();
  waiting_bytes_ = 0;
  report_ = {};
  reconcile(why);
}

void LogCopy::lose(bool portion) {
  state_ = State::away;
  if (portion) portion_.lost();
  portion_.forget();
}

void LogCopy::reconcile(const char* why) {
  if (state_ == State::live) report_ = {};
  if (*report_.why == '\0') report_.why = why;
  state_ = State::asking;
  vouched_ = waiting_.size();
  source_.ask_standing();
}

void LogCopy::stands(const Standing& standing) {
  if (state_ == State::asking) return compare(standing);
  if (state_ != State::live) return;
  const broker::EventId head = log_.head();
  if (standing.epoch != head.epoch) return reconcile("epoch");
  // What was there at the last look has had time to come.
  if (head.seq < std::exchange(expected_, standing.seq)) reconcile("lost messages");
}

void LogCopy::compare(const Standing& standing) {
  const broker::EventId head = log_.head();
  // A message that came before the question was asked is older than the answer.
  if (wanted_ && *wanted_ != standing.epoch) forget(*wanted_);
  wanted_.reset();
  standing_ = standing;
  const broker::Seq held = standing.epoch == head.epoch ? head.seq : 0;
  if (held + 1 >= standing.first) return begin_reading({});
  state_ = State::valuing;
  source_.ask_values();
}

void LogCopy::values(broker::Epoch epoch, std::vector<broker::Log::Value> values) {
  if (state_ != State::valuing) return;
  if (epoch != standing_.epoch) return reconcile("epoch");
  // Those that the log holds come with it.
  values.erase(std::remove_if(values.begin(), values.end(),
                              [this](const broker::Log::Value& value) {
                                return value.event.seq >= standing_.first;
                              }),
               values.end());
  begin_reading(std::move(values));
}

void LogCopy::begin_reading(std::vector<broker::Log::Value> values) {
  const broker::EventId head = log_.head();
  if (standing_.epoch != head.epoch) {
    forget(head.epoch);
    log_.restart(standing_.epoch, standing_.first - 1, std::move(values));
    report_.restarted = true;
    asked_at_.reset();
  } else if (head.seq + 1 < standing_.first) {
    skip(standing_.first - 1, std::move(values));
  }
  state_ = State::reading;
  read_on();
}

void LogCopy::read_on() {
  const broker::Seq head = log_.head().seq;
  if (head >= standing_.seq) return take_waiting();
  source_.ask_entries(head + 1, standing_.seq, portion_.ask());
}

void LogCopy::read(RedisEntries entries) {
  if (state_ != State::reading) return;
  portion_.came(entries.events.size(), entries.bytes);
  const broker::EventId head = log_.head();
  if (entries.epoch != head.epoch) return reconcile("epoch");
  // More has gone than was told; once for each head, for there may be entries that somebody
  // deleted.
  if (entries.first != head.seq + 1 && std::exchange(asked_at_, head.seq) != head.seq) {
    return reconcile("trimmed");
  }
  report_.read += entries.events.size();
  place(std::move(entries.events));
  // The last ones are no events; or there are none, because all went meanwhile.
  const broker::Seq upto = entries.upto == 0 ? standing_.seq : entries.upto;
  if (log_.head().seq < upto) skip(upto);
  read_on();
}

/// Places runs of dense seqs, and skips what is between them.
void LogCopy::place(std::vector<broker::Log::Placed> events) {
  broker::Seq next = log_.head().seq + 1;
  std::vector<broker::Log::Placed> run;
  for (broker::Log::Placed& event : events) {
    if (event.seq < next) continue;
    if (event.seq > next) {
      if (!run.empty()) log_.place(std::exchange(run, {}));
      skip(event.seq - 1);
    }
    next = event.seq + 1;
    run.push_back(std::move(event));
  }
  if (!run.empty()) log_.place(std::move(run));
}

void LogCopy::skip(broker::Seq upto, std::vector<broker::Log::Value> values) {
  report_.skipped += upto - log_.head().seq;
  log_.skip(upto, std::move(values));
}

void LogCopy::take_waiting() {
  while (!waiting_.empty()) {
    if (!take(waiting_.front())) return reconcile("a hole");
    waiting_bytes_ -= waiting_.front().size();
    waiting_.pop_front();
    if (vouched_ > 0) --vouched_;
  }
  state_ = State::live;
  loaded_ = true;
  expected_ = standing_.seq;
  ++reconciles_;
  reconciled_(report_);
  report_ = {};
}

void LogCopy::message(std::string_view text) {
  if (state_ == State::away) return;
  if (state_ == State::live && take(text)) return;
  wait(text);
  if (state_ == State::live) reconcile("a hole");
}

/// False: the shared log has to be asked before this can be understood.
bool LogCopy::take(std::string_view text) {
  std::optional<RedisMessage> message = read_message(text);
  // What is missing for it is seen by the next one, or at the next look.
  if (!message) return true;
  const broker::EventId head = log_.head();
  if (message->epoch != head.epoch) {
    if (is_past(message->epoch)) return true;
    wanted_ = message->epoch;
    return false;
  }
  if (message->events.empty() || message->events.back().seq <= head.seq) return true;
  // Of what came before the log was asked, and yet lies beyond it, the log knows nothing.
  if (message->events.front().seq > head.seq + 1) return vouched_ > 0;
  place(std::move(message->events));
  return true;
}

void LogCopy::wait(std::string_view text) {
  if (waiting_bytes_ + text.size() > waiting_max_) {
    waiting_.clear();  // they are in the log
    waiting_bytes_ = vouched_ = 0;
  }
  waiting_bytes_ += text.size();
  waiting_.emplace_back(text);
}

void LogCopy::forget(broker::Epoch epoch) {
  past_.push_back(epoch);
  if (past_.size() > kPastMax) past_.pop_front();
}

bool LogCopy::is_past(broker::Epoch epoch) const {
  return std::find(past_.begin(), past_.end(), epoch) != past_.end();
}

}  // namespace gateway::backbone
