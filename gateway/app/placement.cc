#include "app/placement.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace gateway::app {
namespace {

/// The parts of the reserved descriptors over the limit of connections: for the operator, who gets
/// in, and for those that wait for the place of a half-open one.
constexpr std::size_t kAdminShare = 4;
constexpr std::size_t kWaitingShare = 8;
/// The part of all connections that may be half open and keep their places.
constexpr std::size_t kHalfOpenShare = 10;
constexpr std::chrono::seconds kRefusalLogEvery{10};

}  // namespace

std::optional<std::size_t> first_to_give_way(const std::vector<HalfOpen>& workers,
                                             std::int64_t half_open_max) {
  const auto rank = [half_open_max](const HalfOpen& one) {
    return std::pair(one.count - one.waiting < half_open_max, one.next_gives_way);
  };
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    if (workers[i].count < half_open_max) continue;
    if (!first || rank(workers[i]) < rank(workers[*first])) first = i;
  }
  return first;
}

std::size_t least_loaded(const std::vector<std::uint64_t>& loads, std::size_t rotation) {
  std::size_t best = rotation % loads.size();
  for (std::size_t i = 1; i < loads.size(); ++i) {
    const std::size_t candidate = (rotation + i) % loads.size();
    if (loads[candidate] < loads[best]) best = candidate;
  }
  return best;
}

void Placement::use(const net::Options& options) {
  const std::size_t wanted = options.connections;
  const std::size_t half_open = options.half_open != 0
                                    ? options.half_open
                                    : std::min(wanted, files_ - reserved_files_) / kHalfOpenShare;
  state_.half_open_max = std::max<std::size_t>(1, half_open / workers_.size());
  if (wanted == std::exchange(connections_wanted_, wanted)) return;
  connections_max_ = std::min(wanted, files_ - reserved_files_);
  if (connections_max_ < wanted) {
    BC_LOG(warn, "fewer connections than limits.connections: raise the open-file limit (ulimit -n)",
           {"connections", connections_max_}, {"limits.connections", wanted});
  }
}

void Placement::place(net::Accepted accepted) {
  const bool admin = accepted.role == net::Role::admin;
  const std::size_t places = connections_max_ + (admin ? reserved_files_ / kAdminShare : 0);
  const bool has_waited = accepted.in_place_of_half_open;
  accepted.in_place_of_half_open = taken() >= places;
  if (accepted.in_place_of_half_open) {
    Worker* const worker = has_waited || has_room() ? crowded_worker() : nullptr;
    return worker != nullptr ? worker->add(std::move(accepted)) : refuse();
  }
  std::vector<std::uint64_t> loads;
  for (const auto& worker : workers_) loads.push_back(worker->load());
  const std::size_t chosen = least_loaded(loads, rotation_);
  rotation_ = chosen + 1;
  workers_[chosen]->add(std::move(accepted));
}

std::uint64_t Placement::waiting() const {
  std::uint64_t waiting = 0;
  for (const auto& worker : workers_) waiting += worker->waiting();
  return waiting;
}

std::uint64_t Placement::taken() const {
  std::uint64_t open = 0;
  for (const auto& worker : workers_) open += worker->connections();
  return open - std::min(open, waiting());
}

// Counted by themselves, since the operator's connections over the limit wait for nothing.
bool Placement::has_room() const {
  const std::size_t most = std::max<std::size_t>(1, reserved_files_ / kWaitingShare);
  return waiting() < most || crowded_worker() == nullptr;
}

void Placement::give_places() {
  const std::uint64_t now_taken = taken();
  std::size_t free = connections_max_ - std::min<std::size_t>(connections_max_, now_taken);
  for (const auto& worker : workers_) {
    const std::size_t count = std::min<std::size_t>(free, worker->waiting());
    if (count > 0) worker->place_anew(count);
    free -= count;
  }
}

// As long as that is a crowd, since those are not all honest.
Worker* Placement::crowded_worker() const {
  std::vector<HalfOpen> half_open;
  for (const auto& worker : workers_) {
    const net::ConnectionCounters& counters = worker->connection_counters();
    half_open.push_back({counters.half_open.value(), static_cast<std::int64_t>(worker->waiting()),
                         counters.next_gives_way.value()});
  }
  const auto first =
      first_to_give_way(half_open, static_cast<std::int64_t>(state_.half_open_max.load()));
  return first ? workers_[*first].get() : nullptr;
}

void Placement::refuse() {
  counters_.refused_limit.add();
  const base::MonoTime now = clock_.now();
  if (now < next_refusal_log_) return;
  next_refusal_log_ = now + kRefusalLogEvery;
  BC_LOG(warn, "refusing connections: limits.connections is reached",
         {"connections_max", connections_max_}, {"refused", counters_.refused_limit.value()});
}

}  // namespace gateway::app
