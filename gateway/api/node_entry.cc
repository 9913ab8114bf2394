#include "api/node_entry.h"

#include "base/sized.h"
#include "base/text.h"

namespace gateway::api {
namespace {

constexpr std::size_t kFrontBytes = 128;  // of the counts, at most
constexpr std::uint64_t kCountMax = 1ULL << 40U;
constexpr std::size_t kNameBytesMax = broker::kNameBytesMax + 1;  // of a pattern

}  // namespace

std::string entry_text(const std::vector<WorkerView>& views) {
  WorkerView sum;
  for (const WorkerView& view : views) {
    sum.streams += view.streams;
    sum.connections += view.connections;
    for (const auto& [name, count] : view.boards) sum.boards[name] += count;
  }
  std::string boards;
  std::size_t told = 0;
  for (const auto& [name, count] : sum.boards) {
    std::string one;
    base::append_sized(one, name);
    base::append_sized(one, count);
    const std::size_t bytes = kFrontBytes + boards.size() + one.size();
    if (told == entry_selection().limit || bytes > backbone::kEntryBytesMax) break;
    boards += one;
    ++told;
  }
  std::string text;
  base::append_sized(text, sum.streams);
  base::append_sized(text, sum.connections);
  base::append_sized(text, told < sum.boards.size() ? "more" : "");
  return text + boards;
}

std::optional<NodeView> read_entry(const backbone::NodeEntry& entry) {
  NodeView view{entry.node, {}, false};
  if (entry.text.size() > backbone::kEntryBytesMax || !base::is_utf8(entry.node)) {
    return std::nullopt;
  }
  if (entry.text.empty()) return view;  // it has just begun
  base::SizedReader reader(entry.text);
  view.counts.streams = reader.number();
  view.counts.connections = reader.number();
  view.cut = reader.text() == "more";
  bool right = view.counts.streams <= kCountMax && view.counts.connections <= kCountMax;
  while (!reader.at_end() && right) {
    const std::string_view name = reader.text();
    const std::uint64_t count = reader.number();
    right =
        !name.empty() && name.size() <= kNameBytesMax && base::is_utf8(name) && count <= kCountMax;
    view.counts.boards[std::string(name)] = count;
  }
  if (!reader.ok() || !right) return std::nullopt;
  return view;
}

}  // namespace gateway::api
