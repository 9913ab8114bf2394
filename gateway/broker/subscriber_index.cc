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

}  // namespace

template <typename Visit>
void SubscriberIndex::each_pattern(std::string_view from, Visit visit) const {
  std::string pattern;
  prefixes_.each(from, [&](const std::string& under, const Entries& entries) {
    if (entries.empty()) return true;
    pattern = under;
    pattern += '*';
    return visit(pattern, entries.size());
  });
}

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
  FirstNames<ByName> first(names_max);
  const auto offer = [&](std::string_view name, std::uint64_t count) {
    if (name.starts_with(prefix)) first.offer(name, count);
    return true;
  };
  for (const auto& board : boards_) offer(board.first, board.second.size());
  each_pattern({}, offer);
  std::map<std::string, std::uint64_t> names;
  for (NameCount& name : first.take()) names.emplace_hint(names.end(), std::move(name));
  return names;
}

std::uint64_t SubscriberIndex::count(const std::string& name) const {
  if (is_pattern(name)) {
    const Entries* const entries = prefixes_.find(prefix_of(name));
    return entries == nullptr ? 0 : entries->size();
  }
  const auto board = boards_.find(name);
  return board == boards_.end() ? 0 : board->second.size();
}

bool MostRead::go_on() {
  if (!prefix_ && look_at_boards()) return true;
  return look_at_patterns();
}

bool MostRead::look_at_boards() {
  const auto& boards = index_.boards_;
  if (boards.bucket_count() != buckets_) {
    first_ = FirstNames<ByCount>(names_max_);
    bucket_ = 0;
    buckets_ = boards.bucket_count();
  }
  const std::size_t end = std::min(bucket_ + kBuckets, buckets_);
  for (; bucket_ < end; ++bucket_) {
    for (auto board = boards.begin(bucket_); board != boards.end(bucket_); ++board) {
      first_.offer(board->first, board->second.size());
    }
  }
  if (bucket_ < buckets_) return true;
  prefix_.emplace();
  return false;
}

bool MostRead::look_at_patterns() {
  bool more = false;
  std::size_t left = kBuckets;
  const std::string from = *prefix_;
  index_.each_pattern(from, [&](std::string_view pattern, std::uint64_t count) {
    more = left-- == 0;
    if (more) {
      prefix_ = prefix_of(pattern);
    } else {
      first_.offer(pattern, count);
    }
    return !more;
  });
  return more;
}

}  // namespace gateway::broker
