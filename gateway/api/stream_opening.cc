#include "api/stream_opening.h"

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

std::string list(const std::vector<std::string>& boards) {
  std::string json = "[";
  for (const std::string& board : boards) {
    if (json.size() > 1) json += ',';
    base::append_json_string(json, board);
  }
  return json + ']';
}

std::string open_json(const Opening& opening) {
  std::string json = "{\"stream\":" + base::json_string(opening.stream);
  json += ",\"boards\":" + list(opening.boards);
  json += opening.resumed ? ",\"resumed\":true" : ",\"resumed\":false";
  if (opening.restored) json += *opening.restored ? ",\"restored\":true" : ",\"restored\":false";
  append_member(json, "protocol", opening.protocol);
  append_member(json, "connection", opening.connection);
  return json + '}';
}

}  // namespace

OpeningText opening_text(const Opening& opening) {
  OpeningText text{broker::sse::retry(opening.retry),
                   broker::sse::control("boardcast.open", open_json(opening), opening.position)};
  BC_CHECK(text.before.ends_with("\n\n"), text.before);
  if (opening.beginning.gap) {
    text.before += broker::to_block(*opening.beginning.gap);
  } else if (!opening.beginning.snapshots) {
    text.before.pop_back();  // without its blank line, `retry:` is a field of the opening block
  }
  return text;
}

std::string refusal_text(std::chrono::milliseconds retry, std::string_view reason) {
  return broker::sse::retry(retry) +
         broker::sse::control("boardcast.end", "{\"reason\":" + base::json_string(reason) + '}');
}

}  // namespace gateway::api
