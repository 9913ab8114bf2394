#include "api/admin.h"

#include <arpa/inet.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "api/board_metrics.h"
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

struct Wanted {
  BoardSelection selection;
  bool cluster = false;  // of all nodes
};

base::Result<Wanted> read_wanted(const std::string& query) {
  Wanted wanted;
  for (base::FormField& field : base::parse_form(query)) {
    if (field.name == "prefix") {
      wanted.selection.prefix = std::move(field.value);
    } else if (field.name == "scope") {
      wanted.cluster = field.value == "cluster";
      if (!wanted.cluster && field.value != "node") {
        return base::Fail{base::Error{"scope= takes node or cluster."}};
      }
    } else if (field.name == "limit") {
      const std::optional<std::uint64_t> limit = base::parse_decimal(field.value);
      if (!limit || *limit > BoardSelection::kLimitMax) {
        return base::Fail{base::Error{"limit= takes a whole number up to " +
                                      std::to_string(BoardSelection::kLimitMax) +
                                      ": the boards to list at most."}};
      }
      wanted.selection.limit = *limit;
    }
  }
  return wanted;
}

void write_number(JsonWriter& writer, std::string_view key, std::uint64_t value) {
  write_key(writer, key);
  writer.Uint64(value);
}

/// What several have counted, together.
struct Sum {
  std::uint64_t streams = 0;
  std::uint64_t connections = 0;
  std::map<std::string_view, std::uint64_t> boards;  // those that are selected
  bool cut = false;                                  // there are more

  void add(const WorkerView& view, const BoardSelection& selection) {
    streams += view.streams;
    connections += view.connections;
    for (const auto& [name, count] : view.boards) {
      if (name.starts_with(selection.prefix)) boards[name] += count;
    }
  }
  /// What comes behind the last board of one whose list was cut is not whole.
  void end_with(const WorkerView& view) {
    if (view.boards.empty()) return;
    const auto behind = boards.upper_bound(view.boards.rbegin()->first);
    boards.erase(behind, boards.end());
    cut = true;
  }
  /// Members of the object, the first of them.
  void write(JsonWriter& writer, std::size_t limit) const {
    write_number(writer, "total", streams);
    write_key(writer, "boards");
    writer.StartObject();
    std::size_t listed = 0;
    for (const auto& [name, count] : boards) {
      if (listed++ == limit) break;
      write_number(writer, name, count);
    }
    writer.EndObject();
    write_number(writer, "connections", connections);
    if (cut || boards.size() > limit) {
      write_key(writer, "truncated");
      writer.Bool(true);
    }
  }
};

void write_text(JsonWriter& writer, std::string_view key, std::string_view value) {
  write_key(writer, key);
  writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

void write_node(JsonWriter& writer, std::string_view node, std::uint64_t streams,
                std::uint64_t connections) {
  writer.StartObject();
  write_text(writer, "node", node);
  write_number(writer, "total", streams);
  write_number(writer, "connections", connections);
  writer.EndObject();
}

bool is_address(int family, std::string_view text) {
  in6_addr address{};  // holds an IPv4 address too
  return inet_pton(family, std::string(text).c_str(), &address) == 1;
}

}  // namespace

std::string connections_json(const std::vector<WorkerView>& views,
                             const BoardSelection& selection) {
  Sum sum;
  for (const WorkerView& view : views) sum.add(view, selection);
  rapidjson::StringBuffer text;
  JsonWriter writer(text);
  writer.StartObject();
  sum.write(writer, selection.limit);
  writer.EndObject();
  return text.GetString();
}

std::string cluster_json(const ClusterView& cluster, const BoardSelection& selection) {
  Sum sum;
  for (const WorkerView& view : cluster.workers) sum.add(view, selection);
  const std::uint64_t streams = sum.streams;
  const std::uint64_t connections = sum.connections;
  for (const NodeView& other : cluster.others) sum.add(other.counts, selection);
  for (const NodeView& other : cluster.others) {
    if (other.cut) sum.end_with(other.counts);
  }
  rapidjson::StringBuffer text;
  JsonWriter writer(text);
  writer.StartObject();
  sum.write(writer, selection.limit);
  if (!cluster.self.empty()) write_text(writer, "node", cluster.self);
  write_key(writer, "nodes");
  writer.StartArray();
  write_node(writer, cluster.self, streams, connections);
  for (const NodeView& other : cluster.others) {
    write_node(writer, other.node, other.counts.streams, other.counts.connections);
  }
  writer.EndArray();
  writer.EndObject();
  return text.GetString();
}

Admin::Admin(const Context& context, Reply reply) : context_(context), reply_(std::move(reply)) {}

void Admin::connections(http::Exchange& exchange) {
  const base::Result<Wanted> wanted = read_wanted(exchange.request().query);
  if (!wanted) {
    reply_(exchange, problem(400, wanted.error().message));
    return;
  }
  // An exchange that still lives proves that its handler, and so this object, lives.
  auto answer = [this, asker = exchange.weak(),
                 wanted = *wanted](const std::vector<WorkerView>& views) {
    http::Exchange* const still_there = asker.get();
    if (still_there == nullptr) return;
    if (wanted.cluster) return cluster(asker, views, wanted.selection);
    reply_(*still_there, json_answer(connections_json(views, wanted.selection)));
  };
  context_.fleet.gather(wanted->selection, std::move(answer));
}

void Admin::cluster(base::WeakPtr<http::Exchange> asker, const std::vector<WorkerView>& views,
                    const BoardSelection& selection) {
  using Entries = base::Result<std::vector<backbone::NodeEntry>, backbone::AskError>;
  ClusterView view{context_.backbone.nodes().self(), views, {}};
  context_.backbone.nodes().look([this, asker = std::move(asker), view = std::move(view),
                                  selection](const Entries& entries) mutable {
    http::Exchange* const still_there = asker.get();
    if (still_there == nullptr) return;
    if (!entries) {
      return reply_(*still_there, unavailable("The other nodes cannot be asked now: try again."));
    }
    for (const backbone::NodeEntry& entry : *entries) {
      auto other = read_entry(entry);
      if (other && other->node != view.self) view.others.push_back(*std::move(other));
    }
    reply_(*still_there, json_answer(cluster_json(view, selection)));
  });
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
  auto answer = [this, asker = exchange.weak()](const std::string& of_boards) {
    http::Exchange* const still_there = asker.get();
    if (still_there == nullptr) return;
    reply_(*still_there, text_answer("text/plain; version=0.0.4; charset=utf-8",
                                     context_.metrics.text() + of_boards));
  };
  const std::size_t boards = context_.options.metrics_per_board;
  if (boards == 0) return answer({});
  gather_board_metrics(context_.fleet, context_.backbone.log(), boards, std::move(answer));
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
