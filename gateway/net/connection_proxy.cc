// Whether a connection may begin: by its address, by its peer's pace, and behind a proxy that
// passes TCP on, by what that says of it.
#include <sys/ioctl.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "net/connection.h"

namespace gateway::net {
namespace {

/// A wrong list, a proxy that says no header or one behind which all have one address refuses
/// everybody, so it is told; once in this time, since strangers can do it as well.
constexpr std::chrono::seconds kRefusalLogEvery{10};
/// How long a half-open one keeps its place: for its first message, which waits for nothing of
/// ours, and for each further one. A way around the world and a lost packet take less; a herd that
/// comes back is served one after the other, and does not wait here.
constexpr std::chrono::milliseconds kFirstPatience{250};
constexpr std::chrono::milliseconds kPatience{1'000};
/// For a peer's next answer, when its last one has waited for us beyond the handshake's deadline.
constexpr std::chrono::seconds kLateGrace{1};

/// Whether a line may be written, and so was.
bool may_log(base::MonoTime& next, base::MonoTime now) {
  if (now < next) return false;
  next = now + kRefusalLogEvery;
  return true;
}

}  // namespace

// In each list all have the same time.
Connection* Keeper::first_to_give_way() const {
  Connection* const silent = unheard.front();
  Connection* const slow = heard.front();
  if (silent == nullptr || slow == nullptr) return silent != nullptr ? silent : slow;
  return slow->gives_way_at() < silent->gives_way_at() ? slow : silent;
}

bool Keeper::admit(const SocketAddress& client, AddressClaim& claim) {
  auto admitted = context.addresses.admit(client, context.options, now());
  if (admitted) {
    claim = *std::move(admitted);
    return true;
  }
  const bool many = admitted.error() == AddressRefusal::too_many;
  base::Counter& refused =
      many ? context.counters.refused_ip_many : context.counters.refused_ip_fast;
  refused.add();
  if (may_log(many ? next_many_line : next_fast_line, now())) {
    BC_LOG(warn, "refusing connections of one address",
           {"limit", many ? "limits.connections_per_ip" : "limits.connection_rate_per_ip"},
           {"peer", client.text()}, {"refused", refused.value()});
  }
  return false;
}

bool Connection::has_unread() const {
  int bytes = 0;
  return ::ioctl(fd_.get(), FIONREAD, &bytes) == 0 && bytes > 0;
}

void Connection::hear_out() {
  if (state_ == State::handshake && has_unread()) on_ready(true, false);
}

void Connection::wait_anew(bool heard) {
  gives_way_at_ = keeper_.now() + (heard ? kPatience : kFirstPatience);
  base::ListLink<HalfOpenTag>::unlink();
  (heard ? keeper_.heard : keeper_.unheard).push_back(*this);
}

// What lies unread was not late: it waited for this thread. Who always has something there would
// never be late, so the time for what follows it is given once.
void Connection::late_handshake() {
  if (has_unread()) {
    hear_out();
    if (state_ != State::handshake) return;
    if (!std::exchange(had_grace_, true)) return arm_at(keeper_.now() + kLateGrace);
  }
  ConnectionCounters& counters = keeper_.context.counters;
  (proxy_ ? counters.proxy_refused_timeout : counters.handshake_timeouts).add();
  close();
}

void Connection::leave_half_open() {
  if (!base::ListLink<HalfOpenTag>::linked()) return;
  base::ListLink<HalfOpenTag>::unlink();
  keeper_.context.counters.half_open.add(-1);
}

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
      if (proxy_->source()) {
        peer_.address = proxy_->source()->text();
        if (!keeper_.admit(*proxy_->source(), claim_)) return close();
      }
      proxy_.reset();
      wait_anew(true);
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
