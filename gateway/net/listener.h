// What: accepts connections on one address and hands them on. At EMFILE and its kin it pauses 100
// ms instead of spinning, and keeps one spare descriptor to close what waits. Owner: the
// supervisor. Thread: the main loop's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/counter.h"
#include "base/result.h"
#include "loop/event_loop.h"
#include "net/accepted.h"
#include "net/options.h"

namespace gateway::net {

struct ListenerCounters {
  base::Counter accepted;
  base::Counter refused_limit;  // over options.connections
  base::Counter accept_errors;  // EMFILE, ENFILE, ENOBUFS, ENOMEM: each began a pause
  base::Gauge starved;          // listeners that found no descriptor when they last tried
};

class Listener {
 public:
  using OnAccepted = std::function<void(Accepted)>;
  virtual ~Listener() = default;
  /// The scheme, the address and the real port: "https://127.0.0.1:8443".
  virtual std::string address() const = 0;
  virtual std::uint16_t port() const = 0;
  /// False: whoever connects waits in the kernel's queue until it is true again. May be called from
  /// within OnAccepted, and holds for the next one.
  virtual void accept(bool wanted) = 0;
};

/// One listener for each address that the host resolves to (with port 0: the same port on all). The
/// error says what to do: which program's port is taken (EADDRINUSE), a privileged port (EACCES),
/// an unknown host.
base::Result<std::vector<std::unique_ptr<Listener>>> listen(loop::EventLoop& loop,
                                                            const ListenAddress& address, Role role,
                                                            ListenerCounters& counters,
                                                            Listener::OnAccepted on_accepted);

}  // namespace gateway::net
