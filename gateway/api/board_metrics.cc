#include "api/board_metrics.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace gateway::api {
namespace {

using Names = std::vector<std::string>;

/// Names that a worker proposes beyond those that are wanted: what most streams read of all workers
/// together need not be first at each of them.
constexpr std::size_t kSpare = 1000;

/// `\\`, `\"` and `\n`; all else may stand in a label's value as it is.
void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') text.push_back('\\');
    c == '\n' ? text += "\\n" : text += c;
  }
}

void append_family(std::string& text, std::string_view name, std::string_view type,
                   std::string_view help) {
  text.append("# HELP ").append(name).append(" ").append(help);
  text.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void append_sample(std::string& text, std::string_view name, std::string_view board,
                   std::uint64_t value) {
  text.append(name).append("{board=\"");
  append_escaped(text, board);
  text.append("\"} ").append(std::to_string(value)).append("\n");
}

/// `told`: what each worker has of `names`, in their order. The log is locked for each by itself,
/// so that publishers have their turns in between.
std::vector<BoardSample> samples_of(const Names& names, const std::vector<BoardCounts>& told,
                                    const broker::Log& log) {
  std::vector<BoardSample> samples;
  for (std::size_t i = 0; i < names.size(); ++i) {
    BoardSample sample{names[i], 0, 0};
    for (const BoardCounts& counts : told) sample.streams += counts[i].second;
    if (sample.streams == 0) continue;  // they have left meanwhile
    sample.events = log.events_of(sample.name);
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace

BoardCounts count_boards(const broker::Hub& hub, const Names& names) {
  BoardCounts counts;
  counts.reserve(names.size());
  for (const std::string& name : names) counts.emplace_back(name, hub.streams_on(name));
  return counts;
}

Names most_read(const std::vector<BoardCounts>& told, std::size_t most) {
  std::unordered_map<std::string_view, std::uint64_t> sums;
  for (const BoardCounts& counts : told) {
    for (const auto& [name, count] : counts) sums[name] += count;
  }
  broker::FirstNames<broker::ByCount> first(most);
  for (const auto& [name, count] : sums) first.offer(name, count);
  Names names;
  for (broker::NameCount& kept : first.take()) names.push_back(std::move(kept.first));
  std::sort(names.begin(), names.end());
  return names;
}

std::string board_metrics_text(const std::vector<BoardSample>& samples) {
  constexpr std::string_view kStreams = "boardcast_board_streams";
  constexpr std::string_view kEvents = "boardcast_board_events_total";
  std::string text;
  append_family(text, kStreams, "gauge",
                "Streams on a board or pattern, of those that most streams read.");
  for (const BoardSample& of : samples) append_sample(text, kStreams, of.name, of.streams);
  append_family(text, kEvents, "counter",
                "Events published to one of these boards since the history holds some of it.");
  for (const BoardSample& of : samples) {
    if (of.events > 0) append_sample(text, kEvents, of.name, of.events);
  }
  return text;
}

void gather_board_metrics(Fleet& fleet, const broker::Log& log, std::size_t most,
                          std::function<void(std::string)> done) {
  auto chosen = [&fleet, &log, most, done = std::move(done)](const std::vector<BoardCounts>& told) {
    const auto names = std::make_shared<const Names>(most_read(told, most));
    fleet.count_boards({0, names}, [&log, names, done](const std::vector<BoardCounts>& counted) {
      done(board_metrics_text(samples_of(*names, counted, log)));
    });
  };
  fleet.count_boards({most + kSpare, nullptr}, std::move(chosen));
}

}  // namespace gateway::api
