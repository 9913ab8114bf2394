#include "api/stream_opening.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "broker/sse.h"

namespace gateway::api {
namespace {

/// `,"name":"value"`.
void append_member(std::string& json, std::string_view name, std::string_view value) {
  json += ",\"";
  json += name;
  json += "\":";
  base::append_json_string(json, value);
}

/// `{"boards":[…]` with at most `names_max` names; the object stays open.
std::string board_list(const std::vector<std::string>& boards, std::size_t names_max) {
  std::string json = "[";
  for (std::size_t i = 0; i < std::min(boards.size(), names_max); ++i) {
    if (i > 0) json += ',';
    base::append_json_string(json, boards[i]);
  }
  return json + ']';
}

std::string gap_json(const Gap& gap, const Opening& opening) {
  std::string json = "{\"boards\":" + board_list(opening.boards, kGapNamesMax);
  append_member(json, "reason", gap.reason);
  if (gap.after) append_member(json, "after", broker::to_string(*gap.after));
  append_member(json, "upto", broker::to_string(opening.position));
  if (opening.boards.size() > kGapNamesMax) {
    json += ",\"more\":" + std::to_string(opening.boards.size() - kGapNamesMax);
  }
  return json + '}';
}

std::string open_json(const Opening& opening) {
  std::string json = "{\"stream\":" + base::json_string(opening.stream);
  json += ",\"boards\":" + board_list(opening.boards, opening.boards.size());
  json += opening.resumed ? ",\"resumed\":true" : ",\"resumed\":false";
  append_member(json, "protocol", opening.protocol);
  append_member(json, "connection", opening.connection);
  return json + '}';
}

}  // namespace

std::optional<Gap> find_gap(const Start& start, broker::EventId position) {
  switch (start.kind) {
    case Start::Kind::now:
    case Start::Kind::earliest:
      return std::nullopt;
    case Start::Kind::unknown:
      return Gap{"unknown", std::nullopt};
    case Start::Kind::after:
      break;
  }
  if (start.id == position) return std::nullopt;
  return Gap{start.id.epoch == position.epoch ? "trimmed" : "epoch", start.id};
}

std::string opening_text(const Opening& opening) {
  std::string text = broker::sse::retry(opening.retry);
  BC_CHECK(text.ends_with("\n\n"), text);
  if (opening.gap) {
    text += broker::sse::control("boardcast.gap", gap_json(*opening.gap, opening));
  } else {
    text.pop_back();  // without its blank line, `retry:` is a field of the opening block
  }
  return text + broker::sse::control("boardcast.open", open_json(opening), opening.position);
}

std::string refusal_text(std::chrono::milliseconds retry, std::string_view reason) {
  return broker::sse::retry(retry) +
         broker::sse::control("boardcast.end", "{\"reason\":" + base::json_string(reason) + '}');
}

}  // namespace gateway::api
