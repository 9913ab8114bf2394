#include "api/kicks.h"

#include <algorithm>

namespace gateway::api {
namespace {

/// "127.0.0.1" of "127.0.0.1:40612", "[::1]" of "[::1]:40612".
std::string host_of(const std::string& address) { return address.substr(0, address.rfind(':')); }

}  // namespace

void Kicks::add(const http::Peer& peer, base::MonoTime until) {
  const std::string host = host_of(peer.address);
  const base::MutexLock lock(mutex_);
  if (until_.size() == kMax && !until_.contains(host)) drop_first();
  base::MonoTime& end = until_.try_emplace(host, until).first->second;
  end = std::max(end, until);
  size_ = until_.size();
}

void Kicks::drop_first() {
  until_.erase(std::min_element(until_.begin(), until_.end(),
                                [](const auto& a, const auto& b) { return a.second < b.second; }));
}

bool Kicks::refuses(const http::Peer& peer, base::MonoTime now) {
  if (size_ == 0) return false;
  const base::MutexLock lock(mutex_);
  const auto found = until_.find(host_of(peer.address));
  if (found == until_.end()) return false;
  if (now < found->second) return true;
  until_.erase(found);
  size_ = until_.size();
  return false;
}

}  // namespace gateway::api
