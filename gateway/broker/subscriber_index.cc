#include "broker/subscriber_index.h"

#include <algorithm>
#include <cstddef>
#include <utility>

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

/// Of names offered in any order, each once, the first `names_max` in byte order that begin with
/// `prefix`. Keeps less than twice as many; a name costs constant time on average, whatever
/// the order they come in.
class FirstNames {
 public:
  FirstNames(std::string_view prefix, std::size_t names_max)
      : prefix_(prefix), names_max_(names_max) {}

  void offer(std::string_view name, std::uint64_t count) {
    if (!name.starts_with(prefix_) || (cut_ && name >= bound_)) return;
    kept_.emplace_back(name, count);
    if (kept_.size() / 2 >= names_max_) cut();
  }

  std::map<std::string, std::uint64_t> take() {
    if (kept_.size() > names_max_) cut();
    std::sort(kept_.begin(), kept_.end());
    std::map<std::string, std::uint64_t> names;
    for (Kept& kept : kept_) names.emplace_hint(names.end(), std::move(kept));
    return names;
  }

 private:
  using Kept = std::pair<std::string, std::uint64_t>;

  /// Keeps the first `names_max`; the first of the rest is no candidate, nor is what follows it.
  void cut() {
    if (kept_.size() <= names_max_) return;
    const auto rest = kept_.begin() + static_cast<std::ptrdiff_t>(names_max_);
    std::nth_element(kept_.begin(), rest, kept_.end());
    bound_ = std::move(rest->first);
    cut_ = true;
    kept_.erase(rest, kept_.end());
  }

  const std::string_view prefix_;
  const std::size_t names_max_;
  std::vector<Kept> kept_;
  std::string bound_;
  bool cut_ = false;
};

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

std::map<std::string, std::uint64_t> SubscriberIndex::counts(std::string_view prefix,
                                                             std::size_t names_max) const {
  FirstNames first(prefix, names_max);
  for (const auto& board : boards_) first.offer(board.first, board.second.size());
  std::string pattern;
  prefixes_.each([&](const std::string& under, const Entries& entries) {
    if (entries.empty()) return;
    pattern = under;
    pattern += '*';
    first.offer(pattern, entries.size());
  });
  return first.take();
}

}  // namespace gateway::broker
