#include "api/kicks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gateway::api {
namespace {

constexpr std::size_t kClientBytesMax = 512;

/// "127.0.0.1" of "127.0.0.1:40612", "[::1]" of "[::1]:40612"; a subject behind what begins no
/// address.
std::string client_of(const http::Peer& peer, std::string_view subject) {
  if (!subject.empty()) return '=' + std::string(subject);
  return peer.address.substr(0, peer.address.rfind(':'));
}

/// "2001:db8::/64" of "[2001:db8::1]"; empty: it is not of IPv6 (a mapped one neither, RFC 4291
/// §2.5.5.2), or a subject.
std::string network_of(std::string_view client) {
  if (!client.starts_with('[') || !client.ends_with(']')) return {};
  in6_addr address{};
  const std::string host(client.substr(1, client.size() - 2));
  if (::inet_pton(AF_INET6, host.c_str(), &address) != 1 || IN6_IS_ADDR_V4MAPPED(&address)) {
    return {};
  }
  std::fill(std::begin(address.s6_addr) + 8, std::end(address.s6_addr), std::uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(AF_INET6, &address, text.data(), text.size()) == nullptr) return {};
  return std::string(text.data()) + "/64";
}

Refused refused_of(const std::string& client, base::Duration left) {
  if (client.starts_with('=')) return {client.substr(1), {}, left};
  return {{}, client, left};
}

}  // namespace

void Kicks::add(const http::Peer& peer, base::MonoTime until, std::string_view subject,
                Reach reach) {
  std::string client = client_of(peer, subject);
  if (reach == Reach::network) {
    if (std::string network = network_of(client); !network.empty()) client = std::move(network);
  }
  const base::MutexLock lock(mutex_);
  Entry& entry = place(client);
  entry.until = entry.refused ? std::max(entry.until, until) : until;
  entry.refused = true;
  tell(client, entry);
}

Kicks::Entry& Kicks::place(const std::string& client) {
  if (entries_.size() == kMax && !entries_.contains(client)) drop_first();
  Entry& entry = entries_[client];
  size_ = entries_.size();
  return entry;
}

void Kicks::drop_first() {
  entries_.erase(std::min_element(
      entries_.begin(), entries_.end(),
      [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
}

std::vector<Refused> Kicks::list(base::MonoTime now) {
  std::vector<Refused> all;
  {
    const base::MutexLock lock(mutex_);
    for (const auto& [client, entry] : entries_) {
      if (entry.refused && now < entry.until) {
        all.push_back(refused_of(client, entry.until - now));
      }
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
  const auto found = entries_.find(client);
  if (found == entries_.end() || !found->second.refused) return false;
  if (nodes_ != nullptr) {
    found->second.refused = false;
    tell(client, found->second);
  } else {
    entries_.erase(found);
    size_ = entries_.size();
  }
  return true;
}

bool Kicks::refuses(const http::Peer& peer, base::MonoTime now, std::string_view subject) {
  if (size_ == 0) return false;
  const std::string client = client_of(peer, subject);
  const std::string network = network_of(client);
  const base::MutexLock lock(mutex_);
  return holds(client, now) || (!network.empty() && holds(network, now));
}

bool Kicks::holds(const std::string& client, base::MonoTime now) {
  const auto found = entries_.find(client);
  if (found == entries_.end()) return false;
  if (now < found->second.until) return found->second.refused;
  entries_.erase(found);
  size_ = entries_.size();
  return false;
}

void Kicks::share(backbone::Nodes& nodes, const base::Clock& clock) {
  const base::MutexLock lock(mutex_);
  if (nodes.shared()) nodes_ = &nodes;
  clock_ = &clock;
}

void Kicks::tell(const std::string& client, Entry& entry) {
  entry.newer = true;
  if (nodes_ == nullptr || client.size() > kClientBytesMax) return;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(entry.until - clock_->now());
  if (left.count() <= 0) return;
  // What is lost on its way is told again when all has been heard anew.
  nodes_->put({std::string(kNotes) + client, {}, false, entry.refused ? "1" : "0", left},
              [](backbone::PutResult, std::uint64_t) {});
}

bool Kicks::hear(const backbone::HeardNote& note) {
  const std::string client = note.key.substr(std::min(kNotes.size(), note.key.size()));
  const bool refused = note.value == "1";
  if (client.empty() || client.size() > kClientBytesMax || note.version == 0 ||
      (!refused && note.value != "0")) {
    return false;
  }
  const base::MutexLock lock(mutex_);
  Entry& entry = place(client);
  entry.heard = true;
  if (note.version <= entry.version) return true;
  entry.until = clock_->now() + note.left;
  entry.refused = refused;
  entry.version = note.version;
  entry.newer = false;
  return true;
}

void Kicks::lost() {
  const base::MutexLock lock(mutex_);
  for (auto& [client, entry] : entries_) entry.heard = false;
}

void Kicks::complete() {
  const base::MutexLock lock(mutex_);
  for (auto& [client, entry] : entries_) {
    if (!entry.heard || entry.newer) tell(client, entry);
  }
}

}  // namespace gateway::api
