#include "broker/sse.h"

#include <algorithm>

#include "base/text.h"

namespace gateway::broker::sse {
namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += '\n';
}

/// Where the first line ends, npos when it is the only one. By hand: `find_first_of` makes a call
/// for each byte, and looking for one of the two at a time is quadratic where the other ends lines.
std::size_t line_end(std::string_view text) {
  const auto ends = [](char c) { return c == '\n' || c == '\r'; };
  const auto* const at = std::find_if(text.begin(), text.end(), ends);
  return at == text.end() ? std::string_view::npos : static_cast<std::size_t>(at - text.begin());
}

/// One `data:` line for each line of `data`. Empty data is one empty line: the buffer then holds
/// the line's own LF when the blank line comes, so the event is dispatched (WHATWG HTML §9.2.6).
void append_data(std::string& out, std::string_view data) {
  for (;;) {
    const std::size_t end = line_end(data);
    append_field(out, "data", data.substr(0, end));
    if (end == std::string_view::npos) return;
    const bool crlf = data.substr(end, 2) == "\r\n";
    data.remove_prefix(end + (crlf ? 2 : 1));
  }
}

/// JSON text on one line: outside its strings CR and LF are white space, inside they cannot be.
void append_json_value(std::string& out, std::string_view json) {
  for (;;) {
    const std::size_t end = line_end(json);
    out += json.substr(0, end);
    if (end == std::string_view::npos) return;
    json.remove_prefix(end + 1);
  }
}

/// Room for every field but the data, names included.
constexpr std::size_t kFrameBytes = 128;

}  // namespace

std::string encode_plain(const Draft& draft, EventId id) {
  std::string out;
  out.reserve(kFrameBytes + draft.type.size() + draft.data.size());
  append_field(out, "id", to_string(id));
  if (!draft.type.empty()) append_field(out, "event", draft.type);
  append_data(out, draft.data);
  out += '\n';
  return out;
}

std::string encode_json(const Draft& draft, EventId id, base::WallMs time, std::string_view board) {
  const std::string id_text = to_string(id);
  std::string out;
  out.reserve(2 * kFrameBytes + board.size() + draft.type.size() + draft.data.size());
  append_field(out, "id", id_text);
  out += R"(data: {"id":")";
  out += id_text;
  out += R"(","board":)";
  base::append_json_string(out, board);
  out += R"(,"event":)";
  base::append_json_string(out, draft.type.empty() ? std::string_view("message") : draft.type);
  out += R"(,"time":)";
  out += std::to_string(time);
  out += R"(,"data":)";
  if (draft.data_is_json) {
    append_json_value(out, draft.data);
  } else {
    base::append_json_string(out, draft.data);
  }
  out += "}\n\n";
  return out;
}

std::string_view without_id(std::string_view block) { return block.substr(block.find('\n') + 1); }

std::string retry(std::chrono::milliseconds delay) {
  return "retry: " + std::to_string(delay.count()) + "\n\n";
}

std::string heartbeat() { return ": heartbeat\n\n"; }

std::string heartbeat(EventId position) {
  return ": heartbeat\nid: " + to_string(position) + "\n\n";
}

std::string control(std::string_view type, std::string_view json) {
  std::string out;
  append_field(out, "event", type);
  append_field(out, "data", json);
  out += '\n';
  return out;
}

std::string control(std::string_view type, std::string_view json, EventId position) {
  std::string out;
  append_field(out, "id", to_string(position));
  out += control(type, json);
  return out;
}

}  // namespace gateway::broker::sse
