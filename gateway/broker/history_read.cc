// How what is held is found again.
#include <algorithm>
#include <array>

#include "broker/filter.h"
#include "broker/history.h"

namespace gateway::broker {

const Seq* History::Board::behind(Seq after) const {
  return std::upper_bound(begin(), end(), after);
}

bool History::merges(const Filter& filter) {
  const std::vector<std::string>& names = filter.names();
  return names.size() <= kMergeMax &&
         std::none_of(names.begin(), names.end(),
                      [](const std::string& name) { return is_pattern(name); });
}

Seq History::read(const Filter& filter, Seq after, std::size_t events_max,
                  std::vector<EventRef>& out) const {
  return merges(filter) ? merge(filter, after, events_max, out) : scan(after, events_max, out);
}

Seq History::merge(const Filter& filter, Seq after, std::size_t events_max,
                   std::vector<EventRef>& out) const {
  struct Run {
    const Seq* at;
    const Seq* end;
    const EventRef* value;  // null: the events of a ring
  };
  std::array<Run, kMergeMax> runs;
  std::size_t count = 0;
  for (const std::string& name : filter.names()) {
    if (const auto board = boards_.find(name); board != boards_.end()) {
      const Run run{board->second.behind(after), board->second.end(), nullptr};
      if (run.at != run.end) runs[count++] = run;
      continue;
    }
    const auto found = values_.by_name().find(name);
    if (found == values_.by_name().end() || found->second.seq <= after) continue;
    runs[count++] = {&found->second.seq, &found->second.seq + 1, &found->second.event};
  }
  for (Seq last = after; count > 0;) {
    Run* const first = std::min_element(runs.begin(), runs.begin() + count,
                                        [](const Run& a, const Run& b) { return *a.at < *b.at; });
    const Seq seq = *first->at++;
    const EventRef* const value = first->value;
    if (first->at == first->end) *first = runs[--count];
    if (seq == last) continue;  // an event of two of the boards
    out.push_back(value != nullptr ? *value : slots_[seq - first_].event);
    last = seq;
    if (--events_max == 0) return seq;
  }
  return head();
}

Seq History::scan(Seq after, std::size_t events_max, std::vector<EventRef>& out) const {
  Seq seq = std::max(after + 1, first_);
  const Seq end = std::min(seq + kScanMax, head() + 1);
  const Values::BySeq& values = values_.by_seq();
  auto value = values.lower_bound({after + 1, {}});
  Seq last = after;
  for (; events_max > 0; --events_max) {
    while (value != values.end() && value->first.first == last) ++value;
    while (seq < end && (seq == last || !slots_[seq - first_].event)) ++seq;
    const Seq value_seq = value == values.end() ? end : value->first.first;
    if (seq >= end && value_seq >= end) return std::max(end - 1, after);
    last = std::min(seq, value_seq);
    out.push_back(last == seq ? slots_[seq - first_].event : value->second->second.event);
  }
  return last;
}

Seq History::watermark(std::string_view name) const {
  if (is_pattern(name)) return pattern_watermark(name);
  if (const auto board = boards_.find(name); board != boards_.end()) return board->second.trimmed;
  return values_.by_name().contains(name) ? 0 : kinds_[kind_of(name)].forgotten;
}

Seq History::pattern_watermark(std::string_view pattern) const {
  Seq forgotten = 0;
  Seq newest_gone = 0;
  for (const Kind& kind : kinds_) {
    if (!overlap(kind.match, pattern)) continue;
    forgotten = std::max(forgotten, kind.forgotten);
    newest_gone = std::max(newest_gone, kind.newest_gone);
    if (names_board(kind.match, prefix_of(pattern)) && is_pattern(kind.match)) break;
  }
  std::size_t seen = 0;
  for (auto board = boards_.lower_bound(prefix_of(pattern));
       board != boards_.end() && names_board(pattern, board->first); ++board) {
    if (++seen > kPatternBoardsMax) return newest_gone;
    forgotten = std::max(forgotten, board->second.trimmed);
  }
  return forgotten;
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
    const Seq known = std::max(after, told.empty() ? 0 : told[i]);
    if (newest <= known) continue;
    missing.lost = missing.lost || lost_ > known;
    missing.names.push_back(i);
    missing.gone.push_back(newest);
    missing.upto = std::max(missing.upto, newest);
  }
  return missing;
}

std::uint64_t History::events_of(std::string_view board) const {
  if (const auto held = boards_.find(board); held != boards_.end()) return held->second.events;
  const auto value = values_.by_name().find(board);
  return value == values_.by_name().end() ? 0 : value->second.events;
}

History::Starts History::newest(const Filter& filter, std::size_t count,
                                std::size_t boards_max) const {
  Starts starts;
  const auto each = [&](const auto& boards, std::string_view name, const auto& start_of) {
    const std::string_view prefix = is_pattern(name) ? prefix_of(name) : name;
    for (auto board = boards.lower_bound(prefix);
         board != boards.end() && starts.size() < boards_max && names_board(name, board->first);
         ++board) {
      starts.emplace(board->first, start_of(board->second));
    }
  };
  for (const std::string& name : filter.names()) {
    each(boards_, name, [count](const Board& board) -> Seq {
      return count < board.size() ? *(board.end() - count) - 1 : 0;
    });
    each(values_.by_name(), name, [](const Values::Value&) -> Seq { return 0; });
  }
  return starts;
}

Seq History::values(const Filter& filter, Seq after, Seq upto, std::size_t values_max,
                    std::vector<Value>& out) const {
  Seq last = after;
  const auto take = [&](const Values::ByName::value_type& value) {
    if (value.second.seq == last) return;  // another board's value, too
    last = value.second.seq;
    const std::vector<std::string>& boards = value.second.event->boards();
    const auto board = std::find(boards.begin(), boards.end(), value.first);
    out.push_back({value.second.event, static_cast<std::size_t>(board - boards.begin())});
  };
  const std::vector<std::string>& names = filter.names();
  const Values::BySeq& all = values_.by_seq();
  if (merges(filter)) {
    std::array<Values::Place, kMergeMax> places;
    std::size_t count = 0;
    for (const std::string& name : names) {
      const auto value = values_.by_name().find(name);
      if (value == values_.by_name().end()) continue;
      if (value->second.seq > after && value->second.seq <= upto) {
        places[count++] = {value->second.seq, value->first};
      }
    }
    std::sort(places.begin(), places.begin() + count);
    for (std::size_t i = 0; i < count; ++i) {
      if (places[i].first != last && out.size() == values_max) return last;
      take(*all.find(places[i])->second);
    }
    return upto;
  }
  std::size_t looks = kScanMax * kMergeMax / std::max(kMergeMax, names.size());
  Seq seen = after;
  for (auto value = all.lower_bound({after + 1, {}}); value != all.end(); ++value) {
    const Seq seq = value->first.first;
    if (seq > upto) break;
    if (seq != seen && (looks == 0 || out.size() == values_max)) return seen;
    if (looks > 0) --looks;
    seen = seq;
    if (filter.reads(value->second->first)) take(*value->second);
  }
  return upto;
}

}  // namespace gateway::broker
