#include "api/admin.h"

#include <arpa/inet.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "api/problem.h"
#include "base/log.h"
#include "base/result.h"
#include "base/text.h"

namespace gateway::api {
namespace {

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

void write_key(JsonWriter& writer, std::string_view key) {
  writer.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
}

base::Result<BoardSelection> read_selection(const std::string& query) {
  BoardSelection selection;
  for (base::FormField& field : base::parse_form(query)) {
    if (field.name == "prefix") selection.prefix = std::move(field.value);
    if (field.name != "limit") continue;
    const std::optional<std::uint64_t> limit = base::parse_decimal(field.value);
    if (!limit || *limit > BoardSelection::kLimitMax) {
      return base::Fail{base::Error{"limit= takes a whole number up to " +
                                    std::to_string(BoardSelection::kLimitMax) +
                                    ": the boards to list at most."}};
    }
    selection.limit = *limit;
  }
  return selection;
}

bool is_address(int family, std::string_view text) {
  in6_addr address{};  // holds an IPv4 address too
  return inet_pton(family, std::string(text).c_str(), &address) == 1;
}

}  // namespace

std::string connections_json(const std::vector<WorkerView>& views,
                             const BoardSelection& selection) {
  std::uint64_t streams = 0;
  std::uint64_t connections = 0;
  std::map<std::string_view, std::uint64_t> boards;
  for (const WorkerView& view : views) {
    streams += view.streams;
    connections += view.connections;
    for (const auto& [name, count] : view.boards) {
      if (name.starts_with(selection.prefix)) boards[name] += count;
    }
  }

  rapidjson::StringBuffer text;
  JsonWriter writer(text);
  writer.StartObject();
  write_key(writer, "total");
  writer.Uint64(streams);
  write_key(writer, "boards");
  writer.StartObject();
  std::size_t listed = 0;
  for (const auto& [name, count] : boards) {
    if (listed++ == selection.limit) break;
    write_key(writer, name);
    writer.Uint64(count);
  }
  writer.EndObject();
  write_key(writer, "connections");
  writer.Uint64(connections);
  if (boards.size() > selection.limit) {
    write_key(writer, "truncated");
    writer.Bool(true);
  }
  writer.EndObject();
  return text.GetString();
}

Admin::Admin(const Context& context, Reply reply) : context_(context), reply_(std::move(reply)) {}

void Admin::connections(http::Exchange& exchange) {
  base::Result<BoardSelection> selection = read_selection(exchange.request().query);
  if (!selection) {
    reply_(exchange, problem(400, selection.error().message));
    return;
  }
  // An exchange that still lives proves that its handler, and so this object, lives.
  auto answer = [this, asker = exchange.weak(),
                 wanted = *selection](const std::vector<WorkerView>& views) {
    http::Exchange* const still_there = asker.get();
    if (still_there == nullptr) return;
    http::Response response;
    response.fields.add("content-type", "application/json");
    response.fields.add("cache-control", "no-store");
    response.body = connections_json(views, wanted) + '\n';
    reply_(*still_there, std::move(response));
  };
  context_.fleet.gather(*selection, std::move(answer));
}

void Admin::cut(http::Exchange& exchange, std::string_view id) {
  auto answer = [this, asker = exchange.weak(), id = std::string(id),
                 by = exchange.peer().address](bool found) {
    if (found) {
      BC_LOG(info, "an operator cut a connection", {"connection", id}, {"operator", by});
    }
    http::Exchange* const still_there = asker.get();  // not when it has cut itself off
    if (still_there == nullptr) return;
    http::Response response;
    response.status = 204;
    reply_(*still_there,
           found ? response : problem(404, "There is no connection " + in_quotes(id) + '.'));
  };
  context_.fleet.cut(std::string(id), std::move(answer));
}

void Admin::metrics(http::Exchange& exchange) {
  http::Response response;
  response.fields.add("content-type", "text/plain; version=0.0.4; charset=utf-8");
  response.fields.add("cache-control", "no-store");
  response.body = context_.metrics.text();
  reply_(exchange, std::move(response));
}

bool is_admin_host(std::string_view authority) {
  if (authority.empty()) return true;
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    return bracket != std::string_view::npos &&
           is_address(AF_INET6, authority.substr(1, bracket - 1));
  }
  const std::string_view host = authority.substr(0, authority.find(':'));
  return host == "localhost" || host.ends_with(".localhost") || is_address(AF_INET, host);
}

}  // namespace gateway::api
