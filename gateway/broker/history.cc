#include "broker/history.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace gateway::broker {
namespace {

constexpr std::size_t kSlotBytes = 16;
constexpr std::size_t kBoardBytes = 256;  // its node, and the ring's first room
constexpr std::size_t kRingBytes = 2 * sizeof(Seq);
constexpr std::size_t kRingSpare = 16;

std::uint32_t to_deciseconds(base::Duration duration) {
  using Deciseconds = std::chrono::duration<std::int64_t, std::deci>;
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<Deciseconds>(std::max(duration, base::Duration::zero())).count());
}

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

History::History(HistoryOptions options) : options_(std::move(options)) {
  longest_age_ = to_deciseconds(options_.board.age);
  for (const BoardRule& rule : options_.rules) {
    longest_age_ = std::max(longest_age_, to_deciseconds(rule.history.age));
  }
}

std::uint32_t History::deciseconds(base::MonoTime now) const {
  return to_deciseconds(now - began_);
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
    if (hold(event->boards()[i], *event)) latest |= std::uint64_t{1} << i;
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
  while (bytes_ > options_.total_bytes && !slots_.empty()) evict_front(released);
  pop_empty_slots();
  return latest;
}

bool History::hold(const std::string& name, const Event& event) {
  const Seq seq = event.id().seq;
  auto board = boards_.find(name);
  if (board == boards_.end()) {
    const HistoryLimits& limits = options_.limits_of(name);
    if (limits.events == 0) {
      forgotten_ = trimmed_any_ = seq;
      return false;
    }
    board = boards_.emplace(name, Board{}).first;
    board->second.limits = &limits;
    board->second.trimmed = forgotten_;
    bytes_ += bytes_of_board(name);
  }
  board->second.ring.push_back(seq);
  board->second.bytes += event.data().size();
  ++slots_.back().holders;
  return board->second.is_latest();
}

// Appenders read the clock before they have the mutex, so times may be out of order by a little.
bool History::older(const Slot& slot, std::uint32_t now, std::uint32_t age) {
  return now > slot.deciseconds && now - slot.deciseconds > age;
}

bool History::over(const Board& board, std::uint32_t now) const {
  if (board.size() > board.limits->events) return true;
  // The newest stays whatever its size, so that a board with a reader is not forgotten each time.
  if (board.bytes > board.limits->bytes && board.size() > 1) return true;
  return older(slots_[*board.begin() - first_], now, to_deciseconds(board.limits->age));
}

void History::trim(Boards::iterator board, std::uint32_t now, Released& released) {
  while (over(board->second, now)) {
    if (drop_front(board, released)) return;
  }
}

bool History::drop_front(Boards::iterator board, Released& released) {
  Board& of = board->second;
  const Seq seq = *of.begin();
  Slot& from = slot(seq);
  of.bytes -= from.event->data().size();
  if (!of.is_latest() || of.size() == 1) {  // else it was replaced, and nobody misses it
    of.trimmed = seq;
    trimmed_any_ = std::max(trimmed_any_, seq);
  }
  of.pop_front();
  if (--from.holders == 0) {
    --held_;
    bytes_ -= bytes_of(*from.event);
    released.push_back(std::exchange(from.event, EventRef{}));
  }
  if (of.size() > 0) return false;
  forgotten_ = std::max(forgotten_, of.trimmed);
  bytes_ -= bytes_of_board(board->first);
  boards_.erase(board);
  return true;
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
  while (!slots_.empty() && older(slots_.front(), at, longest_age_)) evict_front(released);
}

}  // namespace gateway::broker
