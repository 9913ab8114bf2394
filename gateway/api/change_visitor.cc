#include "api/change_visitor.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gateway::api {
namespace {

using Kind = JsonToken::Kind;

constexpr std::array<std::string_view, 3> kMembers = {"add", "remove", "after"};
constexpr std::size_t kDepth = 2;  // an object of arrays

}  // namespace

bool ChangeVisitor::visit(const JsonToken& token) {
  if (token.kind == Kind::object_begin && !begun_) return begun_ = true;
  if (!begun_) return refuse("A change is one JSON object: {\"add\":[…],\"remove\":[…]}.");
  if (token.kind == Kind::key) return name_member(token.text);
  if (token.kind == Kind::object_end) return true;
  return member_ == "after" ? take_position(token) : take_board(token);
}

bool ChangeVisitor::refuse(std::string detail) {
  rejection_ = Rejection{400, std::move(detail)};
  return false;
}

bool ChangeVisitor::name_member(std::string_view name) {
  const auto* const known = std::find(kMembers.begin(), kMembers.end(), name);
  if (known == kMembers.end()) {
    rejection_ = unknown_name("member", name, kMembers);
    return false;
  }
  member_ = *known;
  return true;
}

bool ChangeVisitor::take_position(const JsonToken& token) {
  change_.after = token.kind == Kind::string && token.text != "earliest"
                      ? broker::parse_event_id(token.text)
                      : std::optional(broker::EventId{});
  if (token.kind == Kind::string && change_.after) return true;
  return refuse("\"after\" takes the id of an event, as its id: line gave it, or \"earliest\".");
}

bool ChangeVisitor::take_board(const JsonToken& token) {
  if (token.kind == Kind::array_begin && !in_list_) return in_list_ = true;
  if (token.kind == Kind::array_end) {
    in_list_ = false;
    return true;
  }
  if (token.kind != Kind::string || !in_list_) {
    return refuse('"' + std::string(member_) + "\" takes a list of boards and patterns.");
  }
  std::vector<std::string>& names = member_ == "add" ? change_.add : change_.remove;
  names.emplace_back(token.text);
  return names.size() <= names_max_ ||
         refuse("Too many boards: at most " + std::to_string(names_max_) + " in one change.");
}

base::Result<StreamChange, Rejection> read_stream_change(std::string_view json,
                                                         std::size_t names_max) {
  ChangeVisitor visitor(names_max);
  const auto read = read_json(json, kDepth, visitor);
  if (visitor.rejection()) return base::Fail{*visitor.rejection()};
  if (!read) return base::Fail{Rejection{400, read.error().what + '.'}};
  StreamChange& change = visitor.change();
  if (change.after && change.add.empty()) {
    return base::Fail{Rejection{400, "\"after\" says where what is added begins: add a board."}};
  }
  return std::move(change);
}

}  // namespace gateway::api
