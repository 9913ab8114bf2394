// Quiet points of the simulated gateway: nothing is on its way, so everything can be counted.
#include <map>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "sim/gateway_world.h"

namespace gateway::sim {

void GatewayWorld::carry_everything() {
  for (bool moved = true; moved && !::testing::Test::HasFailure();) {
    moved = false;
    for (const auto& worker : workers_) moved = worker->turn_for_all() || moved;
  }
}

void GatewayWorld::settle() {
  carry_everything();
  bool early = false;
  for (const auto& worker : workers_) {
    for (const auto& connection : worker->connections()) {
      early = connection->client().answered_early() || early;
    }
  }
  if (early) {  // the gateway waits that long before it refuses the rest of such a request
    scene_.clock.advance(std::chrono::seconds(1));
    for (const auto& worker : workers_) worker->pass_time();
    carry_everything();
  }
  if (::testing::Test::HasFailure()) return;
  for (const auto& worker : workers_) {
    for (const auto& connection : worker->connections()) connection->caught_up();
  }
  check_streams();
  check_encodings();
  check_admin();
}

void GatewayWorld::check_streams() {
  std::set<std::string> names;
  for (const auto& worker : workers_) {
    std::int64_t streams = 0;
    for (const auto& connection : worker->connections()) {
      bool behind_a_stream = false;
      connection->client().each([&](ModelExchange& exchange) {
        EXPECT_TRUE(exchange.live() || behind_a_stream) << "a request without an answer";
        if (!exchange.live()) return;
        ++streams;
        behind_a_stream = connection->protocol() == "http/1.1";
        auto& stream = dynamic_cast<ModelSubscription&>(exchange);
        stream.check_quiet();
        const std::string& name = stream.wish().stream;
        EXPECT_TRUE(name.empty() || names.insert(name).second) << "two streams of one name";
      });
    }
    EXPECT_EQ(worker->hub().counters().streams.value(), streams);
    EXPECT_EQ(worker->streams().size(), static_cast<std::size_t>(streams));
    EXPECT_EQ(worker->session_counters().exchanges_open.value(), streams);
  }
}

// Each form once for all who read it; what was queued to streams that broke may come on top.
void GatewayWorld::check_encodings() {
  for (const LostStream& lost : std::exchange(scene_.lost, {})) {
    for (Place place = lost.after + 1; place <= scene_.head(); ++place) {
      const SentEvent& event = scene_.event(place);
      if (!lost.wish.wants(event)) continue;
      scene_.forms_possible.emplace(place, lost.wish.json ? 1 + lost.wish.board_of(event) : 0);
    }
  }
  std::uint64_t encodings = 0;
  for (const auto& worker : workers_) encodings += worker->hub().counters().encodings.value();
  FormSet forms = scene_.forms_possible;
  forms.insert(scene_.forms_read.begin(), scene_.forms_read.end());
  EXPECT_GE(encodings, scene_.forms_read.size());
  EXPECT_LE(encodings, forms.size()) << "a form was built twice, or for nobody";
  if (forms.size() == scene_.forms_read.size()) ++scene_.coverage.encodings_exact;
}

std::string GatewayWorld::expected_connections() const {
  std::uint64_t streams = 0;
  std::size_t connections = 0;
  std::map<std::string, std::uint64_t> boards;
  for (const auto& worker : workers_) {
    connections += worker->traffic_connections();
    worker->each_stream([&](const SimConnection&, const ModelSubscription& stream) {
      ++streams;
      for (const std::string& name : stream.wish().names) ++boards[name];
    });
  }
  std::string list;
  for (const auto& [name, count] : boards) {
    list += (list.empty() ? "" : ",") + json_text(name) + ":" + std::to_string(count);
  }
  return "{\"total\":" + std::to_string(streams) + ",\"boards\":{" + list +
         "},\"connections\":" + std::to_string(connections) + "}\n";
}

void GatewayWorld::check_admin() {
  const std::string expected = expected_connections();
  SimWorker& worker = pick_worker();
  SimConnection& admin = worker.connect(worker.admin_setup(chance(50)));
  auto owned = std::make_unique<ModelAnswer>(scene_, 200);
  owned->expect_text(expected);
  ClientRequest request;
  request.target = "/admin/connections";
  admin.client().request(request, std::move(owned));
  while (worker.turn()) {
  }
  bool unanswered = false;
  admin.client().each([&](const ModelExchange&) { unanswered = true; });
  EXPECT_FALSE(unanswered);
  ++scene_.coverage.counts_compared;
  admin.cut();
  worker.turn();
}

}  // namespace gateway::sim
