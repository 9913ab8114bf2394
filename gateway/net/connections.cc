#include "net/connections.h"

#include <unordered_map>
#include <utility>
#include <vector>

#include "net/connection.h"

namespace gateway::net {

struct Connections::Impl {
  explicit Impl(const Context& context)
      : keeper(context), shed_timer(context.loop.make([] {})) {}  // its turn is all that is wanted

  bool make_room() {
    Connection* const oldest = keeper.half_open.front();
    if (oldest != nullptr) shed(*oldest);
    return oldest != nullptr;
  }

  void shed(Connection& connection) {
    keeper.context.counters.closed_half_open.add();
    connection.close();
  }

  // What lies unread in a socket is our delay, not its peer's.
  void shed_slow() {
    const ConnectionCounters& counters = keeper.context.counters;
    const std::size_t max = keeper.context.half_open_max;
    const base::Duration patience = keeper.context.options.handshake_timeout / 2;
    while (static_cast<std::size_t>(counters.half_open.value()) > max) {
      Connection& oldest = *keeper.half_open.front();
      const base::Duration left = oldest.waits_since() + patience - keeper.now();
      if (left > base::Duration::zero()) return shed_timer->arm(left);
      if (oldest.has_unread()) {
        oldest.wait_anew();
      } else {
        shed(oldest);
      }
    }
  }

  // Sessions die here, outside of their own calls; that may make others dirty.
  void bury() {
    while (!keeper.closed.empty()) {
      const std::vector<Connection*> closed = std::exchange(keeper.closed, {});
      for (Connection* connection : closed) all.erase(connection);
    }
  }

  Keeper keeper;
  std::unique_ptr<base::Timer> shed_timer;
  RereadList due_rereads;  // of the turn before: others had their turn in between
  std::unordered_map<Connection*, std::unique_ptr<Connection>> all;
};

Connections::Connections(const Context& context) : impl_(std::make_unique<Impl>(context)) {}

Connections::~Connections() { close_all(); }

void Connections::add(Accepted accepted) {
  Keeper& keeper = impl_->keeper;
  const SocketAddress peer = accepted.peer;
  const bool is_proxy = accepted.role == Role::traffic && keeper.context.options.proxy_protocol;
  AddressClaim claim;
  // Before it has cost a TLS session, or another's place.
  const bool admitted = accepted.role != Role::traffic || is_proxy || keeper.admit(peer, claim);
  if (!admitted || (accepted.in_place_of_half_open && !impl_->make_room())) {
    return keeper.context.counters.closed.add();
  }
  auto connection = std::make_unique<Connection>(impl_->keeper, std::move(accepted));
  Connection& added = *connection;
  impl_->all.emplace(&added, std::move(connection));
  added.start(peer, std::move(claim));
}

void Connections::use(TlsContextRef tls) { impl_->keeper.context.tls = std::move(tls); }

void Connections::flush() {
  Keeper& keeper = impl_->keeper;
  while (Connection* connection = impl_->due_rereads.pop_front()) connection->read();
  DirtyList dirty;
  dirty.splice(keeper.dirty);
  while (Connection* connection = dirty.pop_front()) connection->flush();
  impl_->due_rereads.splice(keeper.rereads);
  impl_->shed_slow();
  impl_->bury();
  if (!keeper.dirty.empty() || !impl_->due_rereads.empty()) keeper.context.loop.wake();
}

bool Connections::cut(std::string_view id) {
  for (const auto& [connection, owner] : impl_->all) {
    if (connection->closed() || connection->id() != id) continue;
    connection->cut();
    impl_->keeper.context.loop.wake();  // whoever is cut is buried at the end of a turn
    return true;
  }
  return false;
}

void Connections::shut_down() {
  impl_->keeper.shutting_down = true;
  for (const auto& [connection, owner] : impl_->all) connection->shut_down();
}

void Connections::close_all() {
  for (const auto& [connection, owner] : impl_->all) connection->close();
  impl_->bury();
}

std::size_t Connections::size() const { return impl_->all.size() - impl_->keeper.closed.size(); }

}  // namespace gateway::net
