// What: what one client address may take of all connections: how many at once, and how many new
// ones a second. An IPv6 client is its /64, since whoever has one address there has all of them.
// Owner: the supervisor. Thread: safe from any. Invariant: memory is bounded by the connections
// that are open (OpenCounts) and by a fixed table (RateTable), whoever asks.
#pragma once

#include <cstdint>
#include <utility>

#include "base/clock.h"
#include "base/open_counts.h"
#include "base/rate_table.h"
#include "base/result.h"
#include "base/sip_hash.h"
#include "net/options.h"
#include "net/socket_address.h"

namespace gateway::net {

/// One of the connections that a client address has; given back when it dies.
class AddressClaim {
 public:
  AddressClaim() = default;
  AddressClaim(AddressClaim&& other) noexcept
      : counts_(std::exchange(other.counts_, nullptr)),
        network_(std::exchange(other.network_, 0)) {}
  AddressClaim& operator=(AddressClaim&& other) noexcept {
    std::swap(counts_, other.counts_);
    std::swap(network_, other.network_);
    return *this;
  }
  ~AddressClaim() {
    if (counts_ != nullptr) counts_->close(network_);
  }
  /// See http::Peer.
  std::uint64_t network() const { return network_; }

 private:
  friend class AddressLimits;
  AddressClaim(base::OpenCounts& counts, std::uint64_t network)
      : counts_(&counts), network_(network) {}

  base::OpenCounts* counts_ = nullptr;
  std::uint64_t network_ = 0;
};

/// Why a connection is refused: too many of its address are open, or it opens them too fast.
enum class AddressRefusal : std::uint8_t { too_many, too_fast };

class AddressLimits {
 public:
  /// `secret`: random, so that nobody finds addresses that get into each other's way.
  explicit AddressLimits(base::SipKey secret) : secret_(secret) {}

  /// A connection from `peer`, who is exempt (his claim is empty), or within the limits.
  base::Result<AddressClaim, AddressRefusal> admit(const SocketAddress& peer,
                                                   const Options& options, base::MonoTime now);

 private:
  std::uint64_t network_of(const SocketAddress& client) const;

  const base::SipKey secret_;
  base::OpenCounts open_;
  base::RateTable opens_;
};

}  // namespace gateway::net
