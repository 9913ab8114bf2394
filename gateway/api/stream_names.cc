#include "api/stream_names.h"

#include <utility>

namespace gateway::api {

NameClaim::~NameClaim() { names_.release(name_, stream_); }

bool NameClaim::keep(const std::vector<std::string>& boards) {
  return names_.keep(name_, stream_, boards);
}

void StreamNames::use(const Options& options) {
  const base::MutexLock lock(mutex_);
  linger_ = options.linger;
  linger_bytes_ = options.linger_bytes;
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
  if (entry.linked()) unlink(entry);
  const std::optional<StreamId> before = std::exchange(entry.holder, stream);
  return {std::make_unique<NameClaim>(*this, name, stream), entry.boards, before};
}

bool StreamNames::keep(const std::string& name, const StreamId& stream,
                       const std::vector<std::string>& boards) {
  const base::MutexLock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end() || found->second.holder != stream) return false;
  found->second.boards = boards;
  return true;
}

void StreamNames::release(const std::string& name, const StreamId& stream) {
  const base::MutexLock lock(mutex_);
  drop_expired();
  const auto found = entries_.find(name);
  if (found == entries_.end() || found->second.holder != stream) return;
  if (found->second.boards.empty() || linger_.count() == 0) {
    entries_.erase(found);
  } else {
    linger(found->second);
  }
}

void StreamNames::linger(Entry& entry) {
  entry.holder.reset();
  entry.since = clock_.now();
  lingering_.push_back(entry);
  lingering_bytes_ += bytes_of(entry);
  ++lingering_count_;
  keep_within_bytes();
}

void StreamNames::keep_within_bytes() {
  while (lingering_bytes_ > linger_bytes_) {
    forget_oldest();
    ++forgotten_early_;
  }
}

void StreamNames::expire() {
  if (lingering_count_ == 0) return;
  const base::MutexLock lock(mutex_);
  drop_expired();
}

// All linger equally long, so the oldest are the first to go.
void StreamNames::drop_expired() {
  if (lingering_.empty()) return;
  const base::MonoTime latest = clock_.now() - linger_;
  while (!lingering_.empty() && lingering_.front()->since <= latest) forget_oldest();
}

void StreamNames::forget_oldest() {
  Entry& entry = *lingering_.front();
  unlink(entry);
  entries_.erase(entries_.find(*entry.name));
}

void StreamNames::unlink(Entry& entry) {
  entry.unlink();
  lingering_bytes_ -= bytes_of(entry);
  --lingering_count_;
}

// By estimate: a tree's node, and what lies outside of its strings.
std::size_t StreamNames::bytes_of(const Entry& entry) {
  constexpr std::size_t kNode = sizeof(std::pair<std::string, Entry>) + 64;
  std::size_t bytes = kNode + entry.name->size();
  for (const std::string& board : entry.boards) bytes += sizeof(std::string) + board.size();
  return bytes;
}

}  // namespace gateway::api
