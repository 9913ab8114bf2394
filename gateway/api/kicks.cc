#include "api/kicks.h"

#include <algorithm>

namespace gateway::api {
namespace {

/// "127.0.0.1" of "127.0.0.1:40612", "[::1]" of "[::1]:40612"; a subject behind what begins no
/// address.
std::string client_of(const http::Peer& peer, std::string_view subject) {
  if (!subject.empty()) return '=' + std::string(subject);
  return peer.address.substr(0, peer.address.rfind(':'));
}

Refused refused_of(const std::string& client, base::Duration left) {
  if (client.starts_with('=')) return {client.substr(1), {}, left};
  return {{}, client, left};
}

}  // namespace

void Kicks::add(const http::Peer& peer, base::MonoTime until, std::string_view subject) {
  const std::string client = client_of(peer, subject);
  const base::MutexLock lock(mutex_);
  if (until_.size() == kMax && !until_.contains(client)) drop_first();
  base::MonoTime& end = until_.try_emplace(client, until).first->second;
  end = std::max(end, until);
  size_ = until_.size();
}

void Kicks::drop_first() {
  until_.erase(std::min_element(until_.begin(), until_.end(),
                                [](const auto& a, const auto& b) { return a.second < b.second; }));
}

std::vector<Refused> Kicks::list(base::MonoTime now) {
  std::vector<Refused> all;
  {
    const base::MutexLock lock(mutex_);
    for (const auto& [client, until] : until_) {
      if (now < until) all.push_back(refused_of(client, until - now));
    }
  }
  std::sort(all.begin(), all.end(),
            [](const Refused& a, const Refused& b) { return a.left > b.left; });
  return all;
}

bool Kicks::take_back(const Refused& refused) {
  if (refused.address.starts_with('=')) return false;  // how subjects are kept
  const std::string client = refused.subject.empty() ? refused.address : '=' + refused.subject;
  const base::MutexLock lock(mutex_);
  const bool found = until_.erase(client) != 0;
  size_ = until_.size();
  return found;
}

bool Kicks::refuses(const http::Peer& peer, base::MonoTime now, std::string_view subject) {
  if (size_ == 0) return false;
  const base::MutexLock lock(mutex_);
  const auto found = until_.find(client_of(peer, subject));
  if (found == until_.end()) return false;
  if (now < found->second) return true;
  until_.erase(found);
  size_ = until_.size();
  return false;
}

}  // namespace gateway::api
