// What: what tokens grant that were verified lately, so that a storm of reconnects is no storm of
// signatures. A token is known by a hash under a secret of its own (whoever does not know that can
// make no two tokens look the same), never kept. Owner and thread: the gate's. Invariant: at most
// `bytes_max` by estimate, but the newest stays; what was not asked for longest goes first.
#pragma once

#include <cstddef>
#include <list>
#include <string_view>
#include <unordered_map>

#include "auth/grant.h"
#include "base/sip_hash.h"

namespace gateway::auth {

class TokenCache {
 public:
  TokenCache(base::SipKey secret, std::size_t bytes_max) : secret_(secret), bytes_max_(bytes_max) {}

  base::Digest digest(std::string_view token) const { return base::sip_hash(secret_, token); }
  /// Null when it is not known. Lives until the next call of anything else but `find`.
  const Grant* find(const base::Digest& token);
  /// `token` is not known yet. The reference lives as that of `find`.
  const Grant& add(const base::Digest& token, Grant grant);
  void remove(const base::Digest& token);
  void clear();

  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    base::Digest token;
    Grant grant;
    std::size_t bytes = 0;
  };
  using Entries = std::list<Entry>;
  /// A digest under a secret spreads evenly by itself.
  struct Low {
    std::size_t operator()(const base::Digest& digest) const noexcept { return digest.low; }
  };

  void drop(Entries::iterator entry);

  const base::SipKey secret_;
  const std::size_t bytes_max_;
  Entries entries_;  // the one asked for last in front
  std::unordered_map<base::Digest, Entries::iterator, Low> index_;
  std::size_t bytes_ = 0;
};

}  // namespace gateway::auth
