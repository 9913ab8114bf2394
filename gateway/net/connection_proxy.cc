// How a connection begins behind a proxy that passes TCP on.
#include <algorithm>

#include "base/log.h"
#include "net/connection.h"

namespace gateway::net {

void Connection::expect_proxy_header(const SocketAddress& from) {
  const std::vector<AddressRange>& trusted = keeper_.context.options.proxy_trusted;
  const bool is_trusted =
      std::any_of(trusted.begin(), trusted.end(),
                  [&from](const AddressRange& range) { return is_in(from, range); });
  if (!is_trusted) {
    keeper_.context.counters.proxy_refused_peer.add();
    BC_LOG(debug, "not in server.proxy_trusted", {"peer", peer_.address});
    return close();
  }
  proxy_ = std::make_unique<ProxyReader>();
  read_proxy_header();
}

void Connection::read_proxy_header() {
  switch (proxy_->read(fd_.get())) {
    case ProxyReader::Step::again:
      return;
    case ProxyReader::Step::done:
      if (proxy_->source()) peer_.address = proxy_->source()->text();
      proxy_.reset();
      return handshake();
    case ProxyReader::Step::closed:
      return close();
    case ProxyReader::Step::bad:
      keeper_.context.counters.proxy_refused_header.add();
      BC_LOG(debug, "a bad PROXY header", {"peer", peer_.address}, {"error", proxy_->error()});
      return close();
  }
}

}  // namespace gateway::net
