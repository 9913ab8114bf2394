// The hub's part when memory is short: what waits for those that are furthest behind goes first.
#include <algorithm>
#include <utility>
#include <vector>

#include "broker/hub.h"

namespace gateway::broker {

// The chosen ones are a small heap, so that a million streams cost no list of them now.
std::size_t Hub::end_laggiest(std::size_t streams_max) {
  thread_.check();
  turn_ = clock_.now();
  using Laggard = std::pair<std::size_t, Subscription*>;  // with how many blocks wait for it
  const auto more = [](const Laggard& a, const Laggard& b) { return a.first > b.first; };
  std::vector<Laggard> chosen;
  wheel_.each([&](Subscription& subscription) {
    if (subscription.ended_ != EndReason::none || !is_behind(subscription)) return;
    const std::size_t waiting = subscription.queue_.size();
    if (chosen.size() == streams_max && waiting <= chosen.front().first) return;
    if (chosen.size() == streams_max) {
      std::pop_heap(chosen.begin(), chosen.end(), more);
      chosen.pop_back();
    }
    chosen.emplace_back(waiting, &subscription);
    std::push_heap(chosen.begin(), chosen.end(), more);
  });
  for (const auto& [waiting, subscription] : chosen) {
    subscription->queue_.keep_oldest();
    subscription->end(EndReason::full);
  }
  return chosen.size();
}

}  // namespace gateway::broker
