#include "broker/history.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "broker/filter.h"

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

const Seq* History::Board::behind(Seq after) const {
  return std::upper_bound(begin(), end(), after);
}

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

void History::append(const EventRef& event, base::MonoTime now, Released& released) {
  const Seq seq = event->id().seq;
  BC_CHECK(seq == first_ + slots_.size(), seq, first_, slots_.size());
  if (!std::exchange(begun_, true)) began_ = now;
  const std::uint32_t at = deciseconds(now);
  slots_.push_back({event, 0, at});
  bytes_ += kSlotBytes;
  for (const std::string& board : event->boards()) hold(board, *event);
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
}

void History::hold(const std::string& name, const Event& event) {
  const Seq seq = event.id().seq;
  auto board = boards_.find(name);
  if (board == boards_.end()) {
    const HistoryLimits& limits = options_.limits_of(name);
    if (limits.events == 0) {
      forgotten_ = trimmed_any_ = seq;
      return;
    }
    board = boards_.emplace(name, Board{}).first;
    board->second.limits = &limits;
    board->second.trimmed = forgotten_;
    bytes_ += bytes_of_board(name);
  }
  board->second.ring.push_back(seq);
  board->second.bytes += event.data().size();
  ++slots_.back().holders;
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
  of.trimmed = seq;
  trimmed_any_ = std::max(trimmed_any_, seq);
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

Seq History::read(const Filter& filter, Seq after, std::size_t events_max,
                  std::vector<EventRef>& out) const {
  const std::vector<std::string>& names = filter.names();
  const bool exact = names.size() <= kMergeMax &&
                     std::none_of(names.begin(), names.end(),
                                  [](const std::string& name) { return is_pattern(name); });
  return exact ? merge(filter, after, events_max, out) : scan(after, events_max, out);
}

Seq History::merge(const Filter& filter, Seq after, std::size_t events_max,
                   std::vector<EventRef>& out) const {
  struct Run {
    const Seq* at;
    const Seq* end;
  };
  std::array<Run, kMergeMax> runs;
  std::size_t count = 0;
  for (const std::string& name : filter.names()) {
    const auto board = boards_.find(name);
    if (board == boards_.end()) continue;
    const Run run{board->second.behind(after), board->second.end()};
    if (run.at != run.end) runs[count++] = run;
  }
  for (Seq last = after; count > 0;) {
    Run* const first = std::min_element(runs.begin(), runs.begin() + count,
                                        [](const Run& a, const Run& b) { return *a.at < *b.at; });
    const Seq seq = *first->at++;
    if (first->at == first->end) *first = runs[--count];
    if (seq == last) continue;  // an event of two of the boards
    out.push_back(slots_[seq - first_].event);
    last = seq;
    if (--events_max == 0) return seq;
  }
  return head();
}

Seq History::scan(Seq after, std::size_t events_max, std::vector<EventRef>& out) const {
  Seq seq = std::max(after + 1, first_);
  const Seq end = std::min(seq + kScanMax, head() + 1);
  for (; seq < end && events_max > 0; ++seq) {
    const EventRef& event = slots_[seq - first_].event;
    if (!event) continue;
    out.push_back(event);
    --events_max;
  }
  return std::max(seq - 1, after);
}

Seq History::watermark(std::string_view name) const {
  if (!is_pattern(name)) {
    const auto board = boards_.find(name);
    return board == boards_.end() ? forgotten_ : board->second.trimmed;
  }
  const std::string_view prefix = prefix_of(name);
  if (prefix.empty()) return trimmed_any_;
  Seq newest = forgotten_;
  std::size_t seen = 0;
  for (auto board = boards_.lower_bound(prefix);
       board != boards_.end() && board->first.starts_with(prefix); ++board) {
    if (++seen > kPatternBoardsMax) return trimmed_any_;
    newest = std::max(newest, board->second.trimmed);
  }
  return newest;
}

void Missing::note_each(Told& told, const Filter& filter) const {
  told.resize(filter.names().size());
  for (std::size_t i = 0; i < names.size(); ++i) told[names[i]] = gone[i];
}

void Missing::note_all(Told& told, const Filter& filter) const {
  told.resize(filter.names().size());
  for (const std::uint32_t name : names) told[name] = upto;
}

Missing History::missing(const Filter& filter, Seq after, const Told& told) const {
  Missing missing;
  if (trimmed_any_ <= after) return missing;
  for (std::uint32_t i = 0; i < filter.names().size(); ++i) {
    const Seq newest = watermark(filter.names()[i]);
    if (newest <= std::max(after, told.empty() ? 0 : told[i])) continue;
    missing.names.push_back(i);
    missing.gone.push_back(newest);
    missing.upto = std::max(missing.upto, newest);
  }
  return missing;
}

History::Starts History::newest(const Filter& filter, std::size_t count,
                                std::size_t boards_max) const {
  Starts starts;
  const auto note = [&](const Boards::value_type& entry) {
    const Board& board = entry.second;
    const Seq start = count < board.size() ? *(board.end() - count) - 1 : 0;
    starts.emplace(entry.first, start);
  };
  for (const std::string& name : filter.names()) {
    const std::string_view prefix = is_pattern(name) ? prefix_of(name) : std::string_view(name);
    for (auto board = boards_.lower_bound(prefix);
         board != boards_.end() && board->first.starts_with(prefix); ++board) {
      if (!is_pattern(name) && board->first != name) break;
      if (starts.size() == boards_max) return starts;
      note(*board);
    }
  }
  return starts;
}

}  // namespace gateway::broker
