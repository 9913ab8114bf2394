#include "api/event_visitor.h"

#include <utility>

namespace gateway::api {
namespace {

using Kind = JsonToken::Kind;

constexpr std::string_view kExample = R"({"board":"news","data":"hello"})";
constexpr std::string_view kMembers[] = {"board", "boards", "data", "event", "key"};

bool opens(Kind kind) { return kind == Kind::object_begin || kind == Kind::array_begin; }
bool closes(Kind kind) { return kind == Kind::object_end || kind == Kind::array_end; }

}  // namespace

bool EventVisitor::accept(Checked rejection) {
  rejection_ = std::move(rejection);
  return !rejection_;
}

bool EventVisitor::visit(const JsonToken& token) {
  switch (place_) {
    case Place::root:
      return in_root(token);
    case Place::array:
      return in_array(token);
    case Place::event:
      return in_event(token);
    case Place::boards:
      return in_boards(token);
    case Place::data:
      break;
  }
  return in_data(token);
}

bool EventVisitor::in_root(const JsonToken& token) {
  if (!array_) return begin_event(token);
  place_ = Place::array;
  return true;
}

bool EventVisitor::in_array(const JsonToken& token) {
  if (token.kind != Kind::array_end) return begin_event(token);
  place_ = Place::root;
  return true;
}

bool EventVisitor::begin_event(const JsonToken& token) {
  if (token.kind != Kind::object_begin) {
    return refuse("An event is a JSON object, for example " + std::string(kExample) + ".");
  }
  if (drafts_.size() == events_max_) {
    return accept(Rejection{413, "A batch can have " + std::to_string(events_max_) +
                                     " events at most; send the rest in another request."});
  }
  place_ = Place::event;
  draft_ = {};
  has_board_ = has_boards_ = has_data_ = false;
  return true;
}

bool EventVisitor::end_event() {
  if (has_board_ && has_boards_) {
    return refuse(R"("board" and "boards" together are ambiguous; send one of them.)");
  }
  if (draft_.boards.empty()) {
    return refuse(R"(No board: name one in "board", or several in "boards".)");
  }
  if (!has_data_) return refuse(R"(No "data": give the event its content, which may be "".)");
  drafts_.push_back(std::move(draft_));
  place_ = array_ ? Place::array : Place::root;
  return true;
}

bool EventVisitor::in_event(const JsonToken& token) {
  if (token.kind == Kind::object_end) return end_event();
  if (token.kind == Kind::key) return name_member(token.text);
  return begin_value(token);
}

bool EventVisitor::name_member(std::string_view name) {
  if (name == "board") {
    member_ = Member::board;
    has_board_ = true;
  } else if (name == "boards") {
    member_ = Member::boards;
    has_boards_ = true;
  } else if (name == "data") {
    member_ = Member::data;
    has_data_ = true;
  } else if (name == "event") {
    member_ = Member::event;
  } else if (name == "key") {
    member_ = Member::key;
  } else {
    return accept(unknown_name("member", name, kMembers));
  }
  return true;
}

bool EventVisitor::begin_value(const JsonToken& token) {
  const Member member = std::exchange(member_, Member::none);
  if (member == Member::data) {
    if (token.kind == Kind::string) return accept(set_text(draft_, std::string(token.text)));
    draft_.data_is_json = true;
    draft_.data = token.source;
    data_depth_ = 1;
    if (opens(token.kind)) place_ = Place::data;
    return true;
  }
  if (member == Member::boards) {
    if (token.kind != Kind::array_begin) return refuse(R"("boards" is an array of strings.)");
    place_ = Place::boards;
    return true;
  }
  if (token.kind == Kind::string) return take_string(member, token.text);
  if (member == Member::board) return refuse(R"("board" is a string; several go into "boards".)");
  return refuse(member == Member::event ? R"("event" is a string.)" : R"("key" is a string.)");
}

bool EventVisitor::take_string(Member member, std::string_view text) {
  if (member == Member::board) return accept(add_board(draft_, text));
  return accept(member == Member::event ? set_type(draft_, text) : set_key(draft_, text));
}

bool EventVisitor::in_boards(const JsonToken& token) {
  if (token.kind == Kind::string) return accept(add_board(draft_, token.text));
  if (token.kind != Kind::array_end) return refuse(R"("boards" is an array of strings.)");
  place_ = Place::event;
  return true;
}

bool EventVisitor::in_data(const JsonToken& token) {
  if (token.separator != '\0') draft_.data.push_back(token.separator);
  draft_.data += token.source;
  if (opens(token.kind)) ++data_depth_;
  if (closes(token.kind) && --data_depth_ == 0) place_ = Place::event;
  return true;
}

}  // namespace gateway::api
