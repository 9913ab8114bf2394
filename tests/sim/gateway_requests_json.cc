// Publications in JSON, right and wrong.
#include <iterator>

#include "sim/gateway_requests.h"

namespace gateway::sim {

/// A JSON string with some characters escaped that need not be.
std::string RequestMaker::quoted(const std::string& text) {
  std::string out;
  for (const char c : json_text(text)) {
    if (c == 'h' && chance(50)) {
      out += "\\u0068";
    } else {
      out += c;
    }
  }
  return out;
}

std::string RequestMaker::json_value(SentEvent& sent, bool lines) {
  static constexpr const char* kScalars[] = {"null",
                                             "true",
                                             "1.10",
                                             "1E2",
                                             "-0",
                                             "1e400",
                                             "12345678901234567890123456789012345678901",
                                             R"("\u00fc\n")"};
  const std::string tagged = '"' + tag() + '"';
  std::vector<std::string> tokens = {"{", "\"t\"", ":", tagged, ",", "\"v\"", ":", "["};
  for (std::size_t i = 1 + pick(3); i > 0; --i) {
    tokens.emplace_back(kScalars[pick(std::size(kScalars))]);
    tokens.emplace_back(",");
  }
  for (const char* token : {"{", "}", "]", "}"}) tokens.emplace_back(token);
  if (chance(20)) tokens = {"[", "[", "]", ",", tagged, "]"};
  std::string spaced;
  for (const std::string& token : tokens) {
    sent.json += token;
    spaced += token;
    if (chance(20)) spaced += lines || chance(50) ? " " : "\r\n\t";
  }
  sent.text = sent.json;
  return spaced;
}

std::string RequestMaker::json_event(SentEvent& sent, bool lines) {
  sent = draw_event();
  std::string boards;
  for (const std::string& board : sent.boards)
    boards += (boards.empty() ? "" : ", ") + quoted(board);
  if (sent.boards.size() == 1 && chance(50)) {
    boards = "\"board\": " + boards;
  } else {
    boards = "\"boards\":[" + boards + (chance(20) ? "," + quoted(sent.boards[0]) : "") + "]";
  }
  std::string data;
  if (chance(50)) {
    const std::string text = text_data();
    set_text(sent, text);
    data = quoted(text);
  } else {
    data = json_value(sent, lines);
  }
  std::string type;
  if (!sent.type.empty() || chance(20)) {
    type = ",\"event\":" + quoted(sent.type.empty() ? "message" : sent.type);
  }
  return chance(50) ? "{" + boards + type + ",\"data\":" + data + "}"
                    : "{\"data\":" + data + "," + boards + type + "}";
}

ClientRequest RequestMaker::publish_json(Publication& publication) {
  ClientRequest request{"POST", "/events", {}, ""};
  std::string& body = *request.body;
  publication.batch = chance(60);
  const bool lines = publication.batch && chance(50);
  publication.events.resize(publication.batch ? 1 + pick(scene_.api.batch_events) : 1);
  request.fields.emplace_back("content-type",
                              lines ? "application/x-ndjson" : "application/json; charset=utf-8");
  const char* separator = lines ? (chance(50) ? "\n" : "\r\n\n") : " ,";
  for (SentEvent& sent : publication.events) {
    body += (body.empty() ? "" : separator) + json_event(sent, lines);
  }
  if (publication.batch && !lines) body = "[" + body + "]";
  if (lines && chance(50)) body += "\n";
  return request;
}

ClientRequest RequestMaker::publish_wrong(Publication& publication) {
  publication.batch = false;
  publication.status = 400;
  SentEvent sent;
  const std::string good = json_event(sent, true);
  const std::string open = R"({"board":"a","data":")" + tag() + '"';
  ClientRequest request{"POST", "/events", {{"content-type", "application/json"}}, good};
  std::string& body = *request.body;
  switch (pick(14)) {
    case 0:
      body = open + R"(,"brd":1})";
      break;
    case 1:
      body = open + R"(,"event":"open"})";
      break;
    case 2:
      body = open + R"(,"event":"boardcast.end"})";
      break;
    case 3:
      body = open + R"(,"data":1})";
      break;
    case 4:
      body = R"({"board":"a"})";
      break;
    case 5:
      body = R"({"board":"a*","data":")" + tag() + "\"}";
      break;
    case 6:
      body.pop_back();
      break;
    case 7:
      body = "[" + good + "," + good + R"(,{"board":"a","data":"\u0000"}])";
      break;
    case 8:
      request.fields.front().second = "application/x-ndjson";
      body += "\n" + good + "\n{}";
      break;
    case 9:
      body = R"({"board":"a","data":)" + std::string(70, '[') + std::string(70, ']') + "}";
      break;
    case 10:
      body = "[" + good;
      for (std::size_t i = scene_.api.batch_events; i > 0; --i) body += "," + good;
      body += "]";
      publication.status = 413;
      break;
    case 11:
      request.fields.front().second = "image/png";
      publication.status = 415;
      break;
    case 12:
      request.fields.emplace_back("origin", "https://elsewhere.example");
      publication.status = 403;
      break;
    default:
      request.target += "?board=a";
      request.fields.front().second = "text/plain";
      body = tag() + "\xC3";
      break;
  }
  return request;
}

}  // namespace gateway::sim
