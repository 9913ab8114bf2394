// By which limits boards are held, and how they change while it is.
#include <algorithm>
#include <utility>

#include "broker/filter.h"
#include "broker/history.h"

namespace gateway::broker {
namespace {

std::uint32_t to_deciseconds(base::Duration duration) {
  using Deciseconds = std::chrono::duration<std::int64_t, std::deci>;
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<Deciseconds>(std::max(duration, base::Duration::zero())).count());
}

}  // namespace

const HistoryLimits& limits_of(const HistoryOptions& options, std::string_view board) {
  const auto rule =
      std::find_if(options.rules.begin(), options.rules.end(),
                   [board](const BoardRule& of) { return names_board(of.match, board); });
  return rule == options.rules.end() ? options.board : rule->history;
}

History::History(const HistoryOptions& options, Seq gone, Seq lost)
    : first_(gone + 1), trimmed_any_(gone), lost_(lost) {
  set_kinds(options);
  for (Kind& kind : kinds_) kind.forgotten = kind.newest_gone = gone;
  allowed_bytes_ = total_bytes_;
}

void History::set_kinds(const HistoryOptions& options) {
  total_bytes_ = options.total_bytes;
  longest_age_ = 0;
  const auto add = [this](const std::string& match, const HistoryLimits& limits) {
    kinds_.push_back({match, limits, to_deciseconds(limits.age)});
    if (limits.deliver == Deliver::all) longest_age_ = std::max(longest_age_, kinds_.back().age);
  };
  for (const BoardRule& rule : options.rules) add(rule.match, rule.history);
  add("*", options.board);
}

std::uint32_t History::first_match(std::string_view board) const {
  std::uint32_t kind = 0;
  while (!names_board(kinds_[kind].match, board)) ++kind;
  return kind;
}

std::uint32_t History::deciseconds(base::MonoTime now) const {
  return to_deciseconds(now - began_);
}

void History::use(const HistoryOptions& options, base::MonoTime now, Released& released) {
  const std::vector<Kind> before = std::exchange(kinds_, {});
  set_kinds(options);
  const auto same = [&](const auto& by) {
    return std::equal(before.begin(), before.end(), kinds_.begin(), kinds_.end(),
                      [&by](const Kind& a, const Kind& b) { return by(a) == by(b); });
  };
  const bool same_matches = same([](const Kind& kind) { return kind.match; });
  const bool same_limits = same([](const Kind& kind) { return kind.limits; });
  inherit_watermarks(before, same_matches);
  if (!same_matches) sort_anew();
  if (!same_matches || !same_limits) keep_within_limits(now, released);
  pop_empty_slots();
  allowed_bytes_ = std::max(total_bytes_, bytes_);
}

bool History::shrink(Released& released) {
  allowed_bytes_ = std::max(total_bytes_, bytes_ - std::min(bytes_, kShrinkBytes));
  evict_to_total(released);
  return bytes_ > total_bytes_;
}

/// Gives each board its kind: each is compared with the rules, one after the other.
void History::sort_anew() {
  for (auto& [name, board] : boards_) board.kind = first_match(name);
  for (auto& [name, value] : values_.by_name()) value.kind = first_match(name);
}

/// Gives each board what its kind allows.
void History::keep_within_limits(base::MonoTime now, Released& released) {
  const std::uint32_t at = deciseconds(now);
  for (auto next = boards_.begin(); next != boards_.end();) {
    const auto board = next++;
    if (kinds_[board->second.kind].limits.deliver == Deliver::all) {
      trim(board, at, released);
    } else {
      while (!drop_front(board, released)) {
      }
    }
  }
  for (auto next = values_.by_name().begin(); next != values_.by_name().end();) {
    const auto value = next++;
    if (kinds_[value->second.kind].limits.deliver == Deliver::all) drop_value(value, released);
  }
}

// With other rules, or in another order, a board that is not held may have been of any of the kinds
// that were: its watermark is then the newest of theirs.
void History::inherit_watermarks(const std::vector<Kind>& before, bool same_matches) {
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    for (std::size_t old = 0; old < before.size(); ++old) {
      if (same_matches && old != i) continue;
      kinds_[i].forgotten = std::max(kinds_[i].forgotten, before[old].forgotten);
      kinds_[i].newest_gone = std::max(kinds_[i].newest_gone, before[old].newest_gone);
    }
  }
}

}  // namespace gateway::broker
