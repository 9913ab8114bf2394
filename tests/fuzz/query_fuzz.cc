// GET /events: what a query asks for can be written as a query again and is then the same; and what
// a filter reads, and a grant covers, is what their definitions say, board by board.
#include "api/stream_query.h"
#include "auth/name_set.h"
#include "fuzz/fuzz.h"
#include "support/fake_exchange.h"

namespace gateway::fuzz {
namespace {

using Kind = broker::Start::Kind;
using Names = std::vector<std::string>;

constexpr api::StreamDefaults kDefaults{broker::Format::plain, 4, {0x7f3a91c2, 0x42}};

base::Result<api::StreamQuery> read(std::string_view query) {
  http::Request request = test::make_request("GET", "/events");
  request.query = query;
  return api::read_stream_query(request, kDefaults);
}

std::string joined(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

/// `types` are those of which the query's filter wants some.
std::string write(const api::StreamQuery& query, const Names& types) {
  std::string out;
  const auto add = [&out](std::string_view name, std::string_view value) {
    out += (out.empty() ? "" : "&") + std::string(name) + '=' + escaped(value);
  };
  for (const std::string& name : query.filter.names()) add("board", name);
  // In one: a query may have few parameters, but many types in each.
  if (!types.empty()) add("events", joined(types));
  if (query.limit > 0) add("limit", std::to_string(query.limit));
  add("format", query.format == broker::Format::json ? "json" : "plain");
  if (!query.name.empty()) add("stream", query.name);
  const broker::Start& start = query.start;
  if (start.kind == Kind::earliest) add("lastEventId", "earliest");
  if (start.kind == Kind::after) add("lastEventId", broker::to_string(start.id));
  if (start.kind == Kind::last) add("last", std::to_string(start.count));
  return out;
}

/// The types that stand in a query, so that the filter can be asked for them.
Names types_in(std::string_view query) {
  Names types;
  const auto fields = base::parse_form(query, query.size() + 1);
  for (const base::FormField& field : *fields) {
    if (field.name != "events") continue;
    for (const std::string_view type : base::split(field.value, ',')) types.emplace_back(type);
  }
  return types;
}

void check_again(const api::StreamQuery& query, std::string_view text) {
  Names wanted;
  const Names types = types_in(text);
  for (const std::string& type : types) {
    if (!type.empty()) wanted.push_back(type);
  }
  const auto again = read(write(query, wanted));
  BC_CHECK(again.ok(), again.error().message);
  BC_CHECK(again->filter.names() == query.filter.names());
  for (const std::string& type : wanted) {
    BC_CHECK(query.filter.wants_type(type == "message" ? "" : type), type);
  }
  BC_CHECK(query.filter.wants_type("of none of them") == wanted.empty() ||
               std::find(types.begin(), types.end(), "of none of them") != types.end(),
           text);
  BC_CHECK(again->format == query.format && again->limit == query.limit, text);
  BC_CHECK(again->name == query.name, query.name);
  BC_CHECK(again->start.kind == query.start.kind && again->start.id == query.start.id, text);
  BC_CHECK(again->start.count == query.start.count, text);
}

/// By the definition: a board by its name, or by all that precedes a trailing asterisk.
bool names(std::string_view name, std::string_view board) {
  if (!name.ends_with('*')) return name == board;
  return board.substr(0, name.size() - 1) == name.substr(0, name.size() - 1);
}

void check_filter(const Names& wanted, std::string_view board) {
  const auto filter = broker::Filter::compile(wanted, {});
  if (!filter) return check_sentence(filter.error().message);
  const Names& kept = filter->names();
  bool read = false;
  for (const std::string& name : kept) read = read || names(name, board);
  BC_CHECK(filter->reads(board) == read, board);
  BC_CHECK(auth::NameSet(kept).covers(board) == read || broker::is_pattern(board), board);
  for (const std::string& name : kept) {
    BC_CHECK(auth::NameSet(kept).covers(name), name);
    for (const std::string& other : kept) {
      if (!broker::is_pattern(other)) continue;
      const bool both = names(name, board) && names(other, board);
      BC_CHECK(!both || broker::overlap(name, other), name, other);
    }
  }
}

void run(std::string_view bytes) {
  Input input(bytes);
  const std::string_view text = input.part();
  if (const auto query = read(text)) {
    BC_CHECK(!query->filter.empty() && query->filter.names().size() <= kDefaults.names_max);
    check_again(*query, text);
    check_filter(query->filter.names(), query->filter.names().front());
  } else {
    check_sentence(query.error().message);
  }
  const std::string_view board = input.part();
  if (!broker::check_board_name(board)) return;
  Names wanted;
  while (!input.empty()) wanted.emplace_back(input.part());
  check_filter(wanted, board);
}

const Registration kRegistered("query", run);

}  // namespace
}  // namespace gateway::fuzz
