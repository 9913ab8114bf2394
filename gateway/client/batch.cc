#include "client/batch.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace gateway::client {

Batch::Batch(const std::vector<std::string>& boards, const std::string& event,
             const std::string& keys) {
  opening_ = "{\"boards\":[";
  for (const std::string& board : boards) {
    if (&board != &boards.front()) opening_ += ',';
    base::append_json_string(opening_, board);
  }
  opening_ += ']';
  if (!event.empty()) opening_ += ",\"event\":" + base::json_string(event);
  opening_ += ",\"key\":\"" + keys + '-';
}

void Batch::add_text(std::string_view data, std::uint64_t line) {
  add_json(base::json_string(data), line);
}

void Batch::add_json(std::string_view value, std::uint64_t line) {
  std::string json = opening_ + std::to_string(line) + "\",\"data\":";
  json.reserve(json.size() + value.size() + 1);
  json.append(value).append("}");
  events_.push_back({line, std::move(json)});
}

std::size_t Batch::part() const {
  const std::size_t most = std::min(events_.size(), part_max_);
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < most) {
    bytes += events_[count].json.size() + 1;
    if (count > 0 && bytes > kBodyBytes) break;
    ++count;
  }
  return count;
}

std::string Batch::body() const {
  const std::size_t count = part();
  if (count == 1) return events_.front().json;
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += i == 0 ? '[' : ',';
    text += events_[i].json;
  }
  return text + ']';
}

std::string Batch::part_name() const {
  BC_CHECK(!events_.empty());
  const std::uint64_t first = events_.front().line;
  const std::uint64_t last = events_[part() - 1].line;
  if (first == 0) return "the event";
  if (first == last) return "line " + std::to_string(first);
  return "lines " + std::to_string(first) + " to " + std::to_string(last);
}

void Batch::accepted() {
  const auto count = static_cast<std::ptrdiff_t>(part());
  events_.erase(events_.begin(), events_.begin() + count);
  part_max_ = std::min(part_max_ * 2, kEventsMax);
}

bool Batch::halve() {
  const std::size_t count = part();
  if (count <= 1) return false;
  part_max_ = count / 2;
  return true;
}

}  // namespace gateway::client
