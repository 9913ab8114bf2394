#include "auth/token_cache.h"

#include <iterator>
#include <utility>

#include "base/check.h"

namespace gateway::auth {
namespace {

std::size_t bytes_of(const std::vector<std::string>& names) {
  std::size_t bytes = 0;
  for (const std::string& name : names) bytes += sizeof name + name.size();
  return bytes;
}

/// With the nodes of list and index.
std::size_t bytes_of(const Grant& grant) {
  constexpr std::size_t kNodes = 128;
  return sizeof grant + kNodes + grant.subject.size() + bytes_of(grant.subscribe) +
         bytes_of(grant.publish);
}

}  // namespace

const Grant* TokenCache::find(const base::Digest& token) {
  const auto found = index_.find(token);
  if (found == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &found->second->grant;
}

const Grant& TokenCache::add(const base::Digest& token, Grant grant) {
  const std::size_t bytes = bytes_of(grant);
  entries_.push_front({token, std::move(grant), bytes});
  const bool is_new = index_.emplace(token, entries_.begin()).second;
  BC_CHECK(is_new, entries_.size());
  bytes_ += bytes;
  while (bytes_ > bytes_max_ && entries_.size() > 1) drop(std::prev(entries_.end()));
  return entries_.front().grant;
}

void TokenCache::remove(const base::Digest& token) {
  const auto found = index_.find(token);
  if (found != index_.end()) drop(found->second);
}

void TokenCache::clear() {
  index_.clear();
  entries_.clear();
  bytes_ = 0;
}

void TokenCache::drop(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  index_.erase(entry->token);
  entries_.erase(entry);
}

}  // namespace gateway::auth
