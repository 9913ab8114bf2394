#include "broker/history.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "broker/filter.h"

namespace gateway::broker {
namespace {

constexpr std::size_t kSlotBytes = 16;
constexpr std::size_t kBoardBytes = 256;  // its node, and the ring's first room
constexpr std::size_t kRingBytes = 2 * sizeof(Seq);
constexpr std::size_t kRingSpare = 16;

/// With the one wire form that it usually gets.
std::size_t bytes_of(const Event& event) {
  constexpr std::size_t kPerEvent = 384;
  std::size_t bytes = kPerEvent + 2 * event.data().size() + event.type().size();
  for (const std::string& board : event.boards()) bytes += kRingBytes + board.size();
  return bytes;
}

std::size_t bytes_of_board(const std::string& name) { return kBoardBytes + name.size(); }

}  // namespace

void History::Board::pop_front() {
  ++front;
  if (2 * front < ring.size()) return;
  ring.erase(ring.begin(), ring.begin() + static_cast<std::ptrdiff_t>(front));
  front = 0;
  // What a burst took is given back: it is not counted, and a million boards may have had one.
  if (ring.capacity() > kRingSpare + 4 * ring.size()) ring.shrink_to_fit();
}

std::uint32_t History::kind_of(std::string_view board) const {
  if (const auto held = boards_.find(board); held != boards_.end()) return held->second.kind;
  const auto value = values_.by_name().find(board);
  if (value != values_.by_name().end()) return value->second.kind;
  return first_match(board);
}

std::uint64_t History::append(const EventRef& event, base::MonoTime now, Released& released) {
  const Seq seq = event->id().seq;
  BC_CHECK(seq == first_ + slots_.size(), seq, first_, slots_.size());
  if (!std::exchange(begun_, true)) began_ = now;
  const std::uint32_t at = deciseconds(now);
  slots_.push_back({event, 0, at});
  bytes_ += kSlotBytes;
  std::uint64_t latest = 0;
  for (std::size_t i = 0; i < event->boards().size(); ++i) {
    if (hold(event->boards()[i], event, at, released)) latest |= std::uint64_t{1} << i;
  }
  if (slots_.back().holders == 0) {
    slots_.back().event = EventRef{};
  } else {
    ++held_;
    bytes_ += bytes_of(*event);
    for (const std::string& name : event->boards()) {
      const auto board = boards_.find(name);
      if (board != boards_.end()) trim(board, at, released);
    }
  }
  evict_to_total(released);
  return latest;
}

void History::pass(base::MonoTime now, Released& released) {
  if (!std::exchange(begun_, true)) began_ = now;
  slots_.push_back({EventRef{}, 0, deciseconds(now)});
  bytes_ += kSlotBytes;
  evict_to_total(released);
}

std::uint64_t History::restore(const std::string& board, const EventRef& event, base::MonoTime then,
                               Released& released) {
  const std::vector<std::string>& boards = event->boards();
  const auto named = std::find(boards.begin(), boards.end(), board);
  const std::uint32_t kind = kind_of(board);
  if (named == boards.end() || event->id().seq > head() ||
      kinds_[kind].limits.deliver != Deliver::latest) {
    return 0;
  }
  if (!std::exchange(begun_, true)) began_ = then;
  set(board, kind, event, deciseconds(then), released);
  evict_to_total(released);
  return std::uint64_t{1} << (named - boards.begin());
}

void History::evict_to_total(Released& released) {
  while (bytes_ > allowed_bytes_ && (!slots_.empty() || !values_.empty())) evict_oldest(released);
  pop_empty_slots();
}

bool History::hold(const std::string& name, const EventRef& event, std::uint32_t now,
                   Released& released) {
  const std::uint32_t kind = kind_of(name);
  if (kinds_[kind].limits.deliver == Deliver::latest) {
    set(name, kind, event, now, released);
    return true;
  }
  if (kinds_[kind].limits.events == 0) {
    gone(kinds_[kind], event->id().seq);
  } else {
    push(name, kind, *event);
  }
  return false;
}

void History::push(const std::string& name, std::uint32_t kind, const Event& event) {
  const auto [board, is_new] = boards_.try_emplace(name);
  if (is_new) {
    board->second.kind = kind;
    board->second.trimmed = kinds_[kind].forgotten;
    bytes_ += bytes_of_board(name);
  }
  board->second.ring.push_back(event.id().seq);
  board->second.bytes += event.data().size();
  ++board->second.events;
  ++slots_.back().holders;
}

void History::set(const std::string& name, std::uint32_t kind, const EventRef& event,
                  std::uint32_t now, Released& released) {
  EventRef before = values_.set(name, {event, event->id().seq, now, kind});
  bytes_ += bytes_of(*event);
  if (before) {
    bytes_ -= bytes_of(*before);
    released.push_back(std::move(before));
  } else {
    bytes_ += bytes_of_board(name);
  }
}

/// A board of this kind that is not held any more had this one.
void History::gone(Kind& kind, Seq seq) {
  kind.forgotten = std::max(kind.forgotten, seq);
  kind.newest_gone = std::max(kind.newest_gone, seq);
  trimmed_any_ = std::max(trimmed_any_, seq);
}

// Appenders read the clock before they have the mutex, so times may be out of order by a little.
bool History::older(std::uint32_t at, std::uint32_t now, std::uint32_t age) {
  return now > at && now - at > age;
}

bool History::over(const Board& board, std::uint32_t now) const {
  const Kind& kind = kinds_[board.kind];
  if (board.size() > kind.limits.events) return true;
  // The newest stays whatever its size, so that a board with a reader is not forgotten each time.
  if (board.bytes > kind.limits.bytes && board.size() > 1) return true;
  return older(slots_[*board.begin() - first_].deciseconds, now, kind.age);
}

void History::trim(Boards::iterator board, std::uint32_t now, Released& released) {
  while (over(board->second, now)) {
    if (drop_front(board, released)) return;
  }
}

bool History::drop_front(Boards::iterator board, Released& released) {
  Board& of = board->second;
  Kind& kind = kinds_[of.kind];
  const Seq seq = *of.begin();
  Slot& from = slot(seq);
  of.bytes -= from.event->data().size();
  of.trimmed = seq;
  kind.newest_gone = std::max(kind.newest_gone, seq);
  trimmed_any_ = std::max(trimmed_any_, seq);
  of.pop_front();
  if (--from.holders == 0) {
    --held_;
    bytes_ -= bytes_of(*from.event);
    released.push_back(std::exchange(from.event, EventRef{}));
  }
  if (of.size() > 0) return false;
  gone(kind, of.trimmed);
  bytes_ -= bytes_of_board(board->first);
  boards_.erase(board);
  return true;
}

void History::drop_value(Values::ByName::iterator value, Released& released) {
  gone(kinds_[value->second.kind], value->second.seq);
  bytes_ -= bytes_of_board(value->first) + bytes_of(*value->second.event);
  released.push_back(values_.drop(value));
}

void History::evict_oldest(Released& released) {
  const bool value_is_older =
      !values_.empty() && (slots_.empty() || values_.oldest()->second.seq <= first_);
  if (value_is_older) {
    drop_value(values_.oldest(), released);
  } else {
    evict_front(released);
  }
}

void History::evict_front(Released& released) {
  // It is the oldest of all, so it is the oldest of each of its boards that still hold it.
  if (const EventRef event = slots_.front().event) {
    for (const std::string& name : event->boards()) {
      const auto board = boards_.find(name);
      if (board == boards_.end() || *board->second.begin() != event->id().seq) continue;
      drop_front(board, released);
    }
  }
  BC_CHECK(!slots_.front().event, first_);
  pop_empty_slots();
}

void History::pop_empty_slots() {
  while (!slots_.empty() && !slots_.front().event) {
    slots_.pop_front();
    ++first_;
    bytes_ -= kSlotBytes;
  }
}

void History::expire(base::MonoTime now, Released& released) {
  const std::uint32_t at = deciseconds(now);
  while (!slots_.empty() && older(slots_.front().deciseconds, at, longest_age_)) {
    evict_front(released);
  }
  sweep_values(at, released);
}

// Values lie in the order of their coming, but kinds differ in age: each call looks at the next
// ones, from the oldest on again and again.
void History::sweep_values(std::uint32_t now, Released& released) {
  const Values::BySeq& all = values_.by_seq();
  auto next = all.lower_bound({swept_ + 1, {}});
  for (std::size_t looks = 0; looks < kScanMax && next != all.end(); ++looks) {
    const Values::ByName::iterator value = (next++)->second;
    swept_ = value->second.seq;
    if (older(value->second.deciseconds, now, kinds_[value->second.kind].age)) {
      drop_value(value, released);
    }
  }
  if (next == all.end()) swept_ = 0;
}

}  // namespace gateway::broker
