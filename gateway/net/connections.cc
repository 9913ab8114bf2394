#include "net/connections.h"

#include <chrono>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/connection.h"

namespace gateway::net {
namespace {

/// Half-open ones that are looked at for one that comes: each may be a step of TLS.
constexpr int kLooks = 4;

}  // namespace

struct Connections::Impl {
  explicit Impl(const Context& context)
      : keeper(context), room_timer(context.loop.make([] {})) {}  // its turn is all that is wanted

  /// Null: there is none; or not yet, and the timer is armed.
  Connection* longest_silent() {
    for (int looks = 0; looks < kLooks; ++looks) {
      Connection* const first = keeper.first_to_give_way();
      if (first == nullptr) return nullptr;
      const base::Duration left = first->gives_way_at() - keeper.now();
      if (left > base::Duration::zero()) {
        room_timer->arm(left);
        return nullptr;
      }
      first->hear_out();
      const bool is_silent = keeper.first_to_give_way() == first;
      if (is_silent && first->gives_way_at() <= keeper.now()) return first;
    }
    keeper.context.loop.wake();
    return nullptr;
  }

  void shed(Connection& connection) {
    keeper.context.counters.closed_half_open.add();
    connection.close();
  }

  void shed_where_memory_is_short() {
    const Context& context = keeper.context;
    if (context.memory == nullptr || *context.memory < base::MemoryLevel::full) return;
    const auto max = static_cast<std::int64_t>(context.half_open_max.load());
    while (context.counters.half_open.value() > max) {
      Connection* const connection = longest_silent();
      if (connection == nullptr) return;
      shed(*connection);
    }
  }

  void tell_next_to_give_way() {
    const Connection* const first = keeper.first_to_give_way();
    keeper.context.counters.next_gives_way.set(
        first == nullptr ? ConnectionCounters::kNobody
                         : first->gives_way_at().time_since_epoch().count());
  }

  // Sessions die here, outside of their own calls; that may make others dirty.
  void bury() {
    while (!keeper.closed.empty()) {
      const std::vector<Connection*> closed = std::exchange(keeper.closed, {});
      for (Connection* connection : closed) all.erase(connection);
    }
  }

  Keeper keeper;
  std::unique_ptr<base::Timer> room_timer;
  RereadList due_rereads;  // of the turn before: others had their turn in between
  std::unordered_map<Connection*, std::unique_ptr<Connection>> all;
};

Connections::Connections(const Context& context) : impl_(std::make_unique<Impl>(context)) {}

Connections::~Connections() { close_all(); }

bool Connections::add(Accepted&& accepted) {
  Keeper& keeper = impl_->keeper;
  const bool needs_place = accepted.in_place_of_half_open;
  Connection* const silent = needs_place ? impl_->longest_silent() : nullptr;
  if (needs_place && silent == nullptr) return false;
  const SocketAddress peer = accepted.peer;
  const bool is_proxy = accepted.role == Role::traffic && keeper.context.options.proxy_protocol;
  AddressClaim claim;
  // Before it has cost a TLS session, or another's place.
  if (accepted.role == Role::traffic && !is_proxy && !keeper.admit(peer, claim)) {
    accepted.fd = Fd();
    keeper.context.counters.closed.add();
    return true;
  }
  if (silent != nullptr) impl_->shed(*silent);
  auto connection = std::make_unique<Connection>(impl_->keeper, std::move(accepted));
  Connection& added = *connection;
  impl_->all.emplace(&added, std::move(connection));
  added.start(peer, std::move(claim));
  return true;
}

void Connections::use(TlsContextRef tls) { impl_->keeper.context.tls = std::move(tls); }

void Connections::flush() {
  Keeper& keeper = impl_->keeper;
  while (Connection* connection = impl_->due_rereads.pop_front()) connection->read();
  DirtyList dirty;
  dirty.splice(keeper.dirty);
  while (Connection* connection = dirty.pop_front()) connection->flush();
  impl_->due_rereads.splice(keeper.rereads);
  impl_->shed_where_memory_is_short();
  impl_->bury();
  impl_->tell_next_to_give_way();
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
