// What: looks up hosts' names beside a loop. The machine's resolver (hosts file, nsswitch, DNS) can
// only be waited for, and with a DNS server that hangs for long; so each lookup has a thread, and
// few at a time have one. Owner: whoever has the connections, which it outlives. Thread: the
// loop's, but for what resolves. Invariants: a name is looked up once at a time, for all who want
// it; nobody waits for a lookup at the end, and one that ends later than its owner is dropped.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "backbone/host_address.h"
#include "base/result.h"
#include "loop/event_loop.h"

namespace gateway::backbone {

class HostLookup {
 public:
  using Addresses = base::Result<std::vector<HostAddress>>;
  /// Called on a thread of its own, and perhaps not done yet when this object is gone.
  using Resolve = std::function<Addresses(const RedisAddress&)>;
  using Found = std::function<void(Addresses)>;
  /// Whoever waits keeps it: without it nobody is called.
  using Ticket = std::shared_ptr<const Found>;

  /// `loop` outlives it.
  explicit HostLookup(loop::EventLoop& loop, Resolve resolve = backbone::resolve);
  ~HostLookup();
  HostLookup(const HostLookup&) = delete;
  HostLookup& operator=(const HostLookup&) = delete;

  /// Calls `found` once, later, while somebody has the ticket, which the call may end. What is
  /// numeric needs no thread. It may take minutes: the caller has a deadline.
  [[nodiscard]] Ticket find(const RedisAddress& address, Found found);

  /// Threads at a time. More than one, so that a name whose servers hang holds up no other.
  static constexpr std::size_t kThreadsMax = 4;

 private:
  struct Home;
  struct Waiting {
    RedisAddress address;
    std::weak_ptr<const Found> found;
  };

  void start_some();
  void start(const RedisAddress& address);
  void ended(const std::string& name, const Addresses& addresses);

  loop::EventLoop& loop_;
  const Resolve resolve_;
  const std::shared_ptr<Home> home_;  // how a lookup that ends finds this object, or does not
  std::vector<Waiting> waiting_;
  std::set<std::string> running_;  // names
};

}  // namespace gateway::backbone
