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

std::string opening_text(const Opening& opening) {
  std::string text = broker::sse::retry(opening.retry);
  BC_CHECK(text.ends_with("\n\n"), text);
  if (opening.gap) {
    text += broker::to_block(*opening.gap);
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
