// How a connection begins behind a proxy that passes TCP on.
#include <algorithm>

#include "base/log.h"
#include "net/connection.h"

namespace gateway::net {
namespace {

/// A wrong list or a proxy that says no header refuses everybody, so it is told; once in this time,
/// since strangers can do it as well.
constexpr std::chrono::seconds kRefusalLogEvery{10};

/// Whether a line may be written, and so was.
bool may_log(base::MonoTime& next, base::MonoTime now) {
  if (now < next) return false;
  next = now + kRefusalLogEvery;
  return true;
}

}  // namespace

void Connection::expect_proxy_header(const SocketAddress& from) {
  const std::vector<AddressRange>& trusted = keeper_.context.options.proxy_trusted;
  const bool is_trusted =
      std::any_of(trusted.begin(), trusted.end(),
                  [&from](const AddressRange& range) { return is_in(from, range); });
  if (!is_trusted) {
    base::Counter& refused = keeper_.context.counters.proxy_refused_peer;
    refused.add();
    if (may_log(keeper_.next_peer_line, keeper_.now())) {
      BC_LOG(warn, "refusing connections from outside of server.proxy_trusted",
             {"peer", peer_.address}, {"refused", refused.value()});
    }
    return close();
  }
  proxy_ = std::make_unique<ProxyReader>();
  read_proxy_header();
}

void Connection::read_proxy_header() {
  ConnectionCounters& counters = keeper_.context.counters;
  switch (proxy_->read(fd_.get())) {
    case ProxyReader::Step::again:
      return;
    case ProxyReader::Step::done:
      if (proxy_->source()) peer_.address = proxy_->source()->text();
      proxy_.reset();
      return handshake();
    case ProxyReader::Step::closed:
      counters.proxy_refused_closed.add();
      return close();
    case ProxyReader::Step::bad:
      counters.proxy_refused_header.add();
      if (may_log(keeper_.next_header_line, keeper_.now())) {
        BC_LOG(warn, "refusing connections that do not begin with a PROXY header",
               {"peer", peer_.address}, {"error", proxy_->error()},
               {"refused", counters.proxy_refused_header.value()});
      }
      return close();
  }
}

}  // namespace gateway::net
