#include "net/address_limits.h"

#include <algorithm>
#include <limits>
#include <string>

namespace gateway::net {
namespace {

constexpr std::size_t kNetworkBytesV6 = 8;  // a /64

bool is_exempt(const SocketAddress& client, const Options& options) {
  return std::any_of(options.exempt.begin(), options.exempt.end(),
                     [&client](const AddressRange& range) { return is_in(client, range); });
}

}  // namespace

base::Result<AddressClaim, AddressRefusal> AddressLimits::admit(const SocketAddress& peer,
                                                                const Options& options,
                                                                base::MonoTime now) {
  const SocketAddress client = unmapped(peer);
  if (is_exempt(client, options)) return AddressClaim();
  const std::uint64_t network = network_of(client);
  const base::Rate rate{options.connection_rate_per_ip, options.rate_burst};
  if (opens_.take(network, rate, now) > base::Duration::zero()) {
    return base::Fail{AddressRefusal::too_fast};
  }
  const std::size_t max = options.connections_per_ip != 0 ? options.connections_per_ip
                                                          : std::numeric_limits<std::size_t>::max();
  if (!open_.open_within(network, max)) return base::Fail{AddressRefusal::too_many};
  return AddressClaim(open_, network);
}

std::uint64_t AddressLimits::network_of(const SocketAddress& client) const {
  const std::string bytes = client.bytes();
  const bool v6 = bytes.size() > kNetworkBytesV6;
  const std::uint64_t hash =
      base::sip_hash(secret_, v6 ? bytes.substr(0, kNetworkBytesV6) : bytes).low;
  return std::max<std::uint64_t>(hash, 1);
}

}  // namespace gateway::net
