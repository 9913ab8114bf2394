#include "sim/gateway_requests.h"

#include <algorithm>
#include <iterator>

namespace gateway::sim {
namespace {

constexpr const char* kBoards[] = {"a",      "ab",  "abc",     "b",       "team-1",
                                   "team-2", "x,y", "\"q\" +", "\xC3\xBC"};
constexpr const char* kPatterns[] = {"a*", "ab*", "team-*", "x*", "zz*", "*"};

/// For a query or a form: every byte that could mean something is escaped.
std::string escaped(const std::string& text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '*';
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return out;
}

template <class T>
void add_distinct(std::vector<T>& to, T value) {
  if (std::find(to.begin(), to.end(), value) == to.end()) to.push_back(std::move(value));
}

}  // namespace

std::string RequestMaker::pick_board() { return kBoards[pick(std::size(kBoards))]; }

// --- Streams ---

RequestMaker::Subscribe RequestMaker::subscribe() {
  Subscribe made;
  std::string query;
  bool list_open = false;
  for (std::size_t i = 1 + pick(3); i > 0; --i) {
    const std::string name = chance(65) ? pick_board() : kPatterns[pick(std::size(kPatterns))];
    add_distinct(made.wish.names, name);
    const bool single = name.find(',') != std::string::npos || chance(30);
    if (list_open && !single && chance(70)) {
      query += (chance(20) ? ",," : ",") + escaped(name);
    } else {
      query += (single ? "&board=" : "&boards=") + escaped(name);
      list_open = !single;
    }
  }
  if (chance(25)) {
    made.wish.types = {chance(50) ? "x" : "message"};
    if (chance(30)) made.wish.types.push_back("y");
    query += "&events=" + made.wish.types.front();
    if (made.wish.types.size() > 1) query += ",y";
  }
  if (chance(25)) {
    made.wish.limit = 1 + pick(5);
    query += "&limit=" + std::to_string(made.wish.limit);
  }
  made.wish.json = scene_.api.format == broker::Format::json;
  if (chance(70)) {
    made.wish.json = chance(50);
    query += made.wish.json ? "&format=json" : "&format=plain";
  }
  if (chance(60)) {
    made.wish.accept = true;
    made.request.fields.emplace_back("accept", "text/event-stream");
  }
  if (chance(50)) choose_position(made, query);
  if (chance(20)) {
    made.wish.stream = "nobody-guesses-" + std::to_string(pick(4));
    query += "&stream=" + made.wish.stream;
  }
  made.request.target = "/events?" + query.substr(1);
  return made;
}

void RequestMaker::choose_position(Subscribe& made, std::string& query) {
  using From = StreamWish::From;
  StreamWish& wish = made.wish;
  const std::uint64_t what = random_.below(100);
  std::string text;
  if (what < 15) {
    wish.from = From::earliest;
    text = "earliest";
  } else if (what < 75) {
    wish.from = From::id;
    const Place place = chance(60) ? scene_.head() : random_.below(scene_.head() + 1);
    wish.id = what < 65 ? scene_.id(place) : Scene::id_text(scene_.epoch ^ 1U, place);
    text = wish.id;
  } else {
    wish.from = From::unknown;
    text = what < 85 ? scene_.id(scene_.head() + 1'000'000) : "of another server";
  }
  if (wish.from == From::unknown || chance(50)) {
    made.request.fields.emplace_back("last-event-id", text);
    if (chance(20)) query += "&lastEventId=nonsense";  // the field wins
  } else {
    query += "&lastEventId=" + text;
  }
}

ClientRequest RequestMaker::wrong_subscribe(int& status) {
  ClientRequest request;
  status = 400;
  switch (pick(7)) {
    case 0:
      request.target = "/events";
      break;
    case 1:
      request.target = "/events?boards=a*b";
      break;
    case 2:
      request.target = "/events?boards=a&lastEventId=" + scene_.id(scene_.head() + 1'000'000);
      break;
    case 3:
      request.target = "/events?boards=a&limit=0";
      break;
    case 4:
      request.target = "/events?boards=a&stream=guessable";
      break;
    case 5:
      request.target = "/event?boards=a";
      status = 404;
      break;
    default:
      request.target = "/events?boards=a";
      request.fields.emplace_back("accept", "application/json");
      status = 406;
      break;
  }
  return request;
}

// --- Publications ---

ClientRequest RequestMaker::publish() {
  Publication& publication = scene_.publications.emplace_back();
  if (chance(15)) return publish_wrong(publication);
  switch (pick(4)) {
    case 0:
      return publish_text(publication);
    case 1:
      return publish_form(publication);
    default:
      return publish_json(publication);
  }
}

SentEvent RequestMaker::draw_event() {
  static constexpr const char* kTypes[] = {"", "", "x", "y"};
  SentEvent sent;
  for (std::size_t i = 1 + pick(3); i > 0; --i) add_distinct(sent.boards, pick_board());
  sent.type = kTypes[pick(std::size(kTypes))];
  return sent;
}

std::string RequestMaker::text_data() {
  static constexpr const char* kPieces[] = {
      "hello", "\n",      "\r\n",   "\r",  "\n\n", " ",           "\xC3\xBC\xF0\x9F\x98\x80",
      "\"",    "id: 9\n", "data: ", "\\n", "\t",   "\xEF\xBB\xBF"};
  std::string text = chance(50) ? tag() : "";
  for (std::size_t i = pick(5); i > 0; --i) text += kPieces[pick(std::size(kPieces))];
  if (chance(4)) text.append(1 + pick(24'000), 'z');
  return text.find('#') == std::string::npos ? text + tag() : text;
}

void RequestMaker::set_text(SentEvent& sent, const std::string& text) {
  sent.json = json_text(text);
  sent.text.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      sent.text += text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      sent.text += '\n';
    }
  }
}

ClientRequest RequestMaker::publish_text(Publication& publication) {
  SentEvent& sent = publication.events.emplace_back(draw_event());
  ClientRequest request{"POST", "/events?", {}, text_data()};
  set_text(sent, *request.body);
  for (const std::string& board : sent.boards) request.target += "board=" + escaped(board) + "&";
  if (!sent.type.empty() || chance(30)) {
    request.target += "event=" + (sent.type.empty() ? "message" : sent.type);
  }
  static constexpr const char* kTypes[] = {"text/plain", "text/csv; charset=UTF-8",
                                           "application/x-www-form-urlencoded"};
  request.fields.emplace_back("content-type", kTypes[pick(std::size(kTypes))]);
  return request;
}

ClientRequest RequestMaker::publish_form(Publication& publication) {
  SentEvent& sent = publication.events.emplace_back(draw_event());
  const std::string text = text_data();
  set_text(sent, text);
  std::string body = "data=" + escaped(text);
  for (const std::string& board : sent.boards) body += "&board=" + escaped(board);
  if (!sent.type.empty()) body += "&event=" + sent.type;
  return {
      "POST", "/events", {{"content-type", "application/x-www-form-urlencoded"}}, std::move(body)};
}

}  // namespace gateway::sim
