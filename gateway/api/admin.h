// What: what operators ask and do: GET /admin/connections and GET /metrics, DELETE of a connection,
// and who may on the admin listener. Owner: the worker's API. Thread: the worker's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/context.h"
#include "api/fleet.h"
#include "api/node_entry.h"
#include "api/reply.h"
#include "base/weak_ptr.h"
#include "http/exchange.h"

namespace gateway::api {

/// {"total":3,"boards":{"board-1":2,"board-2":1},"connections":2} of all workers together, boards
/// by name; `"truncated":true` at the end when the selection's limit cut the list. `total` and
/// `connections` are whole whatever the selection. Each view holds at least its first names_told()
/// of what is selected.
std::string connections_json(const std::vector<WorkerView>& views, const BoardSelection& selection);

/// The same of all nodes together, with `"node":"<this one>"` and each in `"nodes"` behind it.
/// Where a node has told only its first boards, the list ends with the last of them, since what
/// follows may not be whole.
struct ClusterView {
  std::string self;
  std::vector<WorkerView> workers;
  std::vector<NodeView> others;
};
std::string cluster_json(const ClusterView& cluster, const BoardSelection& selection);

class Admin {
 public:
  /// What `context` refers to outlives this object and its answers.
  Admin(const Context& context, Reply reply);

  /// GET /admin/connections[?prefix=&limit=&scope=]: answers when every worker has counted.
  void connections(http::Exchange& exchange);
  /// DELETE /admin/connections/{id}: ends it with no goodbye, to see how its client takes it; 204
  /// when it is cut, 404 when there is none.
  void cut(http::Exchange& exchange, std::string_view id);
  /// GET /metrics: Prometheus text; with options.metrics_per_board when every worker has counted.
  void metrics(http::Exchange& exchange);

 private:
  void cluster(base::WeakPtr<http::Exchange> asker, const std::vector<WorkerView>& views,
               const BoardSelection& selection);

  Context context_;
  Reply reply_;
};

/// `authority` (host and port of the request) names the machine itself or an address: "localhost",
/// "*.localhost" (RFC 6761 §6.3), an IPv4 address or a bracketed IPv6 one. Any other name may have
/// been made to point here by a page that wants to read the answers (DNS rebinding). None at all,
/// as an HTTP/1.0 health check may have it, passes: no browser leaves it out.
bool is_admin_host(std::string_view authority);

}  // namespace gateway::api
