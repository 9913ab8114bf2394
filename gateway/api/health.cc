#include "api/health.h"

#include <string_view>

#include "api/reply.h"
#include "base/text.h"

namespace gateway::api {
namespace {

http::Response status_json(int status, std::string_view word) {
  http::Response response = json_answer("{\"status\":" + base::json_string(word) + '}');
  response.status = status;
  if (status == 503) response.fields.add("retry-after", "1");
  return response;
}

}  // namespace

http::Response health() { return status_json(200, "up"); }

http::Response readiness(const Fleet& fleet, const backbone::Backbone& backbone,
                         const auth::Gate& gate) {
  if (!fleet.ready() || fleet.draining()) return status_json(503, "draining");
  const bool full = fleet.memory() >= base::MemoryLevel::full || fleet.starved();
  if (full) return status_json(503, "full");
  if (!backbone.connected()) return status_json(503, "disconnected");
  if (gate.awaits_keys()) return status_json(503, "keyless");
  return status_json(200, "ready");
}

}  // namespace gateway::api
