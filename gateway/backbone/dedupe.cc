#include "backbone/dedupe.h"

#include <string>
#include <utility>

namespace gateway::backbone {
namespace {

/// Keys that one publish forgets in any case: a pause that left many behind is no stall of the
/// next.
constexpr std::size_t kForgetAtOnce = 64;

void append_word(std::string& out, std::uint64_t word) {
  for (unsigned shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(word >> shift));
}

void append_text(std::string& out, const std::string& text) {
  append_word(out, text.size());
  out += text;
}

}  // namespace

struct Dedupe::Mark {
  bool keyed = false;
  base::Digest key;
  std::uint64_t content = 0;
  std::size_t first = 0;  // the first event of the batch with this key; often this one
  broker::EventId id;     // seq 0: not yet known
};

Dedupe::Dedupe(broker::Log& log, const base::Clock& clock, base::SipKey secret,
               const Options& options)
    : log_(log),
      clock_(clock),
      secret_(secret),
      window_(options.dedupe_window),
      keys_max_(options.dedupe_keys) {}

PublishResult Dedupe::publish(std::vector<broker::Draft> batch) {
  if (window_.load() == base::Duration::zero()) {
    for (broker::Draft& draft : batch) draft.key.clear();
    return Published{log_.append(std::move(batch))};
  }
  Marks marks = mark(batch);
  const base::MutexLock lock(mutex_);
  const base::MonoTime now = clock_.now();
  forget(now, kForgetAtOnce + 2 * marks.size());
  auto fresh = sort_out(marks, batch, now);
  if (!fresh) return base::Fail{fresh.error()};
  const std::vector<broker::EventId> placed = log_.append(*std::move(fresh));
  Published published;
  published.repeated = marks.size() - placed.size();
  auto next = placed.begin();
  for (std::size_t i = 0; i < marks.size(); ++i) {
    Mark& mark = marks[i];
    if (mark.first != i) {
      mark.id = marks[mark.first].id;
    } else if (mark.id.seq == 0) {
      mark.id = *next++;
      if (mark.keyed) remember(mark, now);
    }
    published.ids.push_back(mark.id);
  }
  return published;
}

void Dedupe::use(const Options& options) {
  window_ = options.dedupe_window;
  if (options.dedupe_window.count() > 0) return;
  decltype(known_) known;  // go after unlock
  decltype(turns_) turns;
  const base::MutexLock lock(mutex_);
  known.swap(known_);
  turns.swap(turns_);
}

Backbone::Keys Dedupe::keys() const {
  const base::MutexLock lock(mutex_);
  return {known_.size(), forgotten_early_};
}

Dedupe::Marks Dedupe::mark(std::vector<broker::Draft>& batch) const {
  Marks marks(batch.size());
  std::unordered_map<base::Digest, std::size_t, Low> firsts;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Mark& mark = marks[i];
    mark.first = i;
    const std::string key = std::exchange(batch[i].key, {});
    if (key.empty()) continue;
    mark.keyed = true;
    mark.key = base::sip_hash(secret_, key);
    mark.content = content_of(batch[i]);
    mark.first = firsts.emplace(mark.key, i).first->second;
  }
  return marks;
}

// 64 bits do: what is compared is one event with the one that its key stands for.
std::uint64_t Dedupe::content_of(const broker::Draft& draft) const {
  std::string head;
  append_word(head, draft.data_is_json ? 1 : 0);
  append_text(head, draft.type);
  for (const std::string& board : draft.boards) append_text(head, board);
  // The data, up to megabytes, is not copied for this.
  const base::Digest data = base::sip_hash(secret_, draft.data);
  append_word(head, data.low);
  append_word(head, data.high);
  return base::sip_hash(secret_, head).low;
}

base::Result<std::vector<broker::Draft>, PublishError> Dedupe::sort_out(
    Marks& marks, std::vector<broker::Draft>& batch, base::MonoTime now) const {
  std::vector<broker::Draft> fresh;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    Mark& mark = marks[i];
    bool same = true;
    if (mark.first != i) {
      same = mark.content == marks[mark.first].content;
    } else if (const Known* known = mark.keyed ? find(mark.key, now) : nullptr) {
      same = mark.content == known->content;
      mark.id = known->id;
    } else {
      fresh.push_back(std::move(batch[i]));
    }
    if (!same) return base::Fail{PublishError{PublishError::conflict, i}};
  }
  return fresh;
}

const Dedupe::Known* Dedupe::find(const base::Digest& key, base::MonoTime now) const {
  const auto found = known_.find(key);
  return found == known_.end() || over(found->second.at, now) ? nullptr : &found->second;
}

void Dedupe::remember(const Mark& mark, base::MonoTime now) {
  if (window_.load() == base::Duration::zero()) return;  // since `publish` asked
  // All buckets at the first key: to grow them later would hold up every publisher.
  if (turns_.empty()) known_.reserve(keys_max_);
  known_[mark.key] = {mark.content, mark.id, now};
  turns_.push_back({mark.key, now});
  if (turns_.size() <= keys_max_) return;
  // Within its window: `forget` took more of those that were over it than a batch has new ones.
  ++forgotten_early_;
  forget_oldest();
}

void Dedupe::forget(base::MonoTime now, std::size_t count) {
  for (; count > 0 && !turns_.empty() && over(turns_.front().at, now); --count) forget_oldest();
}

void Dedupe::forget_oldest() {
  const auto found = known_.find(turns_.front().key);
  // A key that was used again when its window was over has another turn further back.
  if (found != known_.end() && found->second.at == turns_.front().at) known_.erase(found);
  turns_.pop_front();
}

}  // namespace gateway::backbone
