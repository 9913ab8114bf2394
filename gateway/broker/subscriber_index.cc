#include "broker/subscriber_index.h"

#include "base/check.h"
#include "broker/subscription.h"

namespace gateway::broker {
namespace {

/// A vector that has lost most of its elements gives memory back, seldom enough to cost nothing.
void shrink(SubscriberIndex::Entries& entries) {
  constexpr std::size_t kWorthIt = 64;
  if (entries.capacity() < kWorthIt || entries.size() > entries.capacity() / 4) return;
  SubscriberIndex::Entries smaller;
  smaller.reserve(entries.size() * 2);
  smaller.assign(entries.begin(), entries.end());
  entries.swap(smaller);
}

}  // namespace

Interest SubscriberIndex::add(Subscription& subscription) {
  Interest fresh;
  const std::vector<std::string>& names = subscription.filter().names();
  if (names.size() > 1) {
    subscription.more_slots_ = std::make_unique<std::uint32_t[]>(names.size() - 1);
  }
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    const bool pattern = is_pattern(names[i]);
    Entries& entries = pattern ? prefixes_.at(prefix_of(names[i])) : boards_[names[i]];
    if (entries.empty()) {
      if (pattern) {
        fresh.prefixes.push_back(prefix_of(names[i]));
      } else {
        fresh.boards.emplace_back(names[i]);
      }
    }
    subscription.slot(i) = static_cast<std::uint32_t>(entries.size());
    entries.push_back({&subscription, i});
  }
  return fresh;
}

Interest SubscriberIndex::remove(Subscription& subscription) {
  Interest stale;
  const std::vector<std::string>& names = subscription.filter().names();
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    const bool pattern = is_pattern(names[i]);
    Entries& entries = pattern ? prefixes_.at(prefix_of(names[i])) : boards_[names[i]];
    const std::uint32_t at = subscription.slot(i);
    BC_CHECK(at < entries.size() && entries[at].subscription == &subscription, at, entries.size());
    entries[at] = entries.back();
    entries[at].subscription->slot(entries[at].name) = at;
    entries.pop_back();
    shrink(entries);
    if (!entries.empty()) continue;
    if (pattern) {
      stale.prefixes.push_back(prefix_of(names[i]));
      prefixes_.prune(prefix_of(names[i]), [](const Entries& under) { return under.empty(); });
    } else {
      stale.boards.emplace_back(names[i]);
      boards_.erase(names[i]);
    }
  }
  return stale;
}

std::map<std::string, std::uint64_t> SubscriberIndex::counts() const {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& board : boards_) counts.emplace(board.first, board.second.size());
  prefixes_.each([&counts](const std::string& prefix, const Entries& entries) {
    if (!entries.empty()) counts.emplace(prefix + '*', entries.size());
  });
  return counts;
}

}  // namespace gateway::broker
