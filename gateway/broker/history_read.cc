// How what is held is found again.
#include <algorithm>
#include <array>

#include "broker/filter.h"
#include "broker/history.h"

namespace gateway::broker {

const Seq* History::Board::behind(Seq after) const {
  return std::upper_bound(begin(), end(), after);
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

std::optional<History::Value> History::value(const Filter& filter, std::uint32_t name,
                                             const Boards::value_type& of, Seq upto) const {
  const auto& [board, held] = of;
  if (!held.is_latest() || *held.begin() > upto) return std::nullopt;
  const std::vector<std::string>& names = filter.names();
  const auto reads = [&](const std::string& earlier) { return names_board(earlier, board); };
  if (std::any_of(names.begin(), names.begin() + name, reads)) return std::nullopt;

  const EventRef& event = slots_[*held.begin() - first_].event;
  for (std::size_t i = 0;; ++i) {
    const std::string& other = event->boards()[i];
    if (other == board) return Value{event, i};
    if (!filter.reads(other)) continue;
    const auto found = boards_.find(other);
    const bool gives = found != boards_.end() && found->second.is_latest() &&
                       *found->second.begin() == *held.begin();
    if (gives) return std::nullopt;
  }
}

bool History::values(const Filter& filter, Seq upto, std::size_t values_max, Cursor& cursor,
                     std::vector<Value>& out) const {
  std::size_t looks = 0;
  for (; cursor.name < filter.names().size(); ++cursor.name, cursor.board.clear()) {
    const std::string_view name = filter.names()[cursor.name];
    const std::string_view prefix = is_pattern(name) ? prefix_of(name) : name;
    for (auto board = boards_.lower_bound(std::max(prefix, std::string_view(cursor.board)));
         board != boards_.end() && names_board(name, board->first); ++board) {
      if (++looks > kScanMax || out.size() == values_max) {
        cursor.board = board->first;
        return true;
      }
      if (auto found = value(filter, cursor.name, *board, upto)) out.push_back(*std::move(found));
    }
  }
  return false;
}

}  // namespace gateway::broker
