#include "api/stream_names.h"

#include <algorithm>
#include <utility>

#include "api/name_note.h"

namespace gateway::api {

using std::chrono::milliseconds;

NameClaim::~NameClaim() { names_.release(name_, stream_); }

void NameClaim::keep(const std::vector<std::string>& boards, std::function<void(Kept)> done) {
  names_.keep(name_, stream_, boards, std::move(done));
}

void StreamNames::use(const Options& options) {
  const base::MutexLock lock(mutex_);
  const milliseconds longer = options.linger - std::exchange(linger_, options.linger);
  linger_bytes_ = options.linger_bytes;
  Queue moved;
  for (const auto& [due, entry] : std::exchange(lingering_, {})) {
    entry->due = {due.first + longer, due.second};
    moved.emplace(entry->due, entry);
  }
  lingering_ = std::move(moved);
  drop_expired();
  keep_within_bytes();
}

StreamNames::Claimed StreamNames::claim(const std::string& given, std::string_view subject,
                                        const StreamId& stream) {
  // No name has a line break in it.
  const std::string name = subject.empty() ? given : given + '\n' + std::string(subject);
  const base::MutexLock lock(mutex_);
  drop_expired();
  const auto found = entries_.try_emplace(name).first;
  Entry& entry = found->second;
  entry.name = &found->first;
  unlink(entry);
  const std::optional<StreamId> before = std::exchange(entry.holder, stream);
  entry.taken = entry.changed = false;
  tell_claim(entry);
  return {std::make_unique<NameClaim>(*this, name, stream), entry.boards, before};
}

void StreamNames::keep(const std::string& name, const StreamId& stream,
                       const std::vector<std::string>& boards, std::function<void(Kept)> done) {
  Kept kept = Kept::replaced;
  {
    const base::MutexLock lock(mutex_);
    const auto found = entries_.find(name);
    if (found != entries_.end() && found->second.holder == stream) {
      found->second.boards = boards;
      found->second.changed = true;
      kept = Kept::yes;
      if (nodes_ != nullptr && linger_.count() > 0) {
        if (tell_boards(found->second, done)) return;
        kept = Kept::unknown;
      }
    }
  }
  done(kept);
}

void StreamNames::release(const std::string& name, const StreamId& stream) {
  const base::MutexLock lock(mutex_);
  drop_expired();
  const auto found = entries_.find(name);
  if (found == entries_.end() || found->second.holder != stream) return;
  Entry& entry = found->second;
  unlink(entry);
  if (!entry.boards.empty() && linger_.count() > 0) tell_set_that_stays(entry);
  entry.holder.reset();
  const base::MonoTime until = leave(entry);
  if (entry.boards.empty() || linger_.count() == 0) {
    entries_.erase(found);
  } else {
    linger(entry, until);
  }
}

void StreamNames::linger(Entry& entry, base::MonoTime until) {
  entry.due = {until, ++filed_};
  lingering_.emplace(entry.due, &entry);
  lingering_bytes_ += bytes_of(entry);
  ++lingering_count_;
  keep_within_bytes();
}

void StreamNames::keep_within_bytes() {
  while (lingering_bytes_ > linger_bytes_) {
    forget(*lingering_.begin()->second);
    ++forgotten_early_;
  }
}

void StreamNames::expire() {
  if (lingering_count_ == 0 && untold_count_ == 0) return;
  const base::MutexLock lock(mutex_);
  drop_expired();
  tell_due();
}

void StreamNames::drop_expired() {
  const base::MonoTime now = clock_.now();
  while (!lingering_.empty() && lingering_.begin()->first.first <= now) {
    forget(*lingering_.begin()->second);
  }
}

void StreamNames::forget(Entry& entry) {
  unlink(entry);
  entries_.erase(entries_.find(*entry.name));
}

void StreamNames::unlink(Entry& entry) {
  if (lingering_.erase(entry.due) != 0) {
    lingering_bytes_ -= bytes_of(entry);
    --lingering_count_;
  }
  untold_.erase(entry.due);
  untold_count_ = untold_.size();
}

// By estimate: a tree's node and one of the queue's, and what lies outside of its strings.
std::size_t StreamNames::bytes_of(const Entry& entry) {
  constexpr std::size_t kNodes = sizeof(std::pair<std::string, Entry>) + 112;
  std::size_t bytes = kNodes + entry.name->size();
  for (const std::string& board : entry.boards) bytes += sizeof(std::string) + board.size();
  return bytes;
}

}  // namespace gateway::api
