#include "sim/gateway_worker.h"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "api/stream_admin.h"
#include "api/stream_change.h"
#include "api/subscribe.h"
#include "support/count_boards.h"

namespace gateway::sim {
namespace {

constexpr std::size_t kEventsPerTurn = 64;

}  // namespace

SimWorker::SimWorker(Scene& scene, base::Random& random, backbone::Backbone& backbone,
                     const Workers& workers)
    : scene_(scene),
      random_(random),
      backbone_(backbone),
      workers_(workers),
      hub_(backbone.log(), *this, scene.broker, scene.clock, random),
      gate_(scene.auth, scene.keys, scene.clock, random),
      leases_(scene.clock, scene.clients),
      streams_(scene.clients),
      traffic_api_(api::make_traffic_api(context())),
      admin_api_(api::make_admin_api(context())) {}

SimWorker::~SimWorker() {
  connections_.clear();
  EXPECT_EQ(session_counters_.exchanges_open.value(), 0);
  EXPECT_EQ(session_counters_.h2_library_bytes.value(), 0);
  scene_.coverage.timeouts += session_counters_.ping_timeouts.value() +
                              session_counters_.header_timeouts.value() +
                              session_counters_.body_timeouts.value();
  scene_.coverage.stalled += hub_.counters().streams_stalled.value();
  const broker::HubCounters& counters = hub_.counters();
  EXPECT_EQ(counters.streams.value(), 0);
  EXPECT_TRUE(hub_.streams_by_board().empty());
  EXPECT_EQ(counters.streams_opened.value(),
            counters.streams_ended_client.value() + counters.streams_ended_limit.value() +
                counters.streams_ended_slow.value() + counters.streams_ended_drain.value() +
                counters.streams_ended_kicked.value() + counters.streams_ended_replaced.value() +
                counters.streams_ended_token.value() + counters.streams_stalled.value())
      << "every stream has ended for one reason";
}

api::Context SimWorker::context() {
  return {scene_.api,   scene_.broker, backbone_, hub_,          random_,
          scene_.clock, *this,         metrics_,  api_counters_, streams_,
          scene_.kicks, scene_.names,  gate_,     leases_,       scene_.clients};
}

SimConnection& SimWorker::connect(const SimConnection::Setup& setup) {
  connections_.push_back(std::make_unique<SimConnection>(scene_, random_, setup));
  return *connections_.back();
}

bool SimWorker::turn() { return carry(false); }
bool SimWorker::turn_for_all() { return carry(true); }

bool SimWorker::carry(bool all) {
  const auto tasks = std::exchange(tasks_, {});
  for (const auto& task : tasks) task();
  bool moved = !tasks.empty();
  for (const auto& connection : connections_) {
    if (all || connection->prompt()) moved = connection->feed(SIZE_MAX) || moved;
  }
  moved = hub_.spread(kEventsPerTurn) || moved;
  moved = hub_.replaying() || moved;
  hub_.replay(1 + random_.below(8));
  const Place position = hub_.position().seq;
  each_stream(
      [position](SimConnection&, ModelSubscription& stream) { stream.note_spread(position); });
  for (const auto& connection : connections_) moved = connection->flush() || moved;
  moved = hub_.replaying() || moved;
  for (const auto& connection : connections_) {
    if (!all && !connection->prompt()) continue;
    moved = connection->read(SIZE_MAX) || moved;
    connection->client().give_windows();
  }
  std::erase_if(connections_, [](const auto& connection) { return connection->gone(); });
  return moved;
}

void SimWorker::pass_time() {
  for (const auto& connection : connections_) connection->pass_time();
  while (hub_.beat(2)) {
  }
  leases_.expire(hub_, SIZE_MAX);
}

void SimWorker::shut_down() {
  for (const auto& connection : connections_) connection->shut_down();
}

void SimWorker::each_stream(
    const std::function<void(SimConnection&, ModelSubscription&)>& visit) const {
  for (const auto& connection : connections_) {
    connection->client().each([&](ModelExchange& exchange) {
      if (exchange.live()) visit(*connection, dynamic_cast<ModelSubscription&>(exchange));
    });
  }
}

std::size_t SimWorker::traffic_connections() const {
  return static_cast<std::size_t>(std::count_if(
      connections_.begin(), connections_.end(),
      [](const auto& connection) { return !connection->closed() && connection->id() != "admin"; }));
}

void SimWorker::gather(const api::BoardSelection& selection, Gathered done) {
  tasks_.emplace_back([this, selection, done = std::move(done)] {
    std::vector<api::WorkerView> views;
    for (const auto& worker : workers_) {
      views.push_back({static_cast<std::uint64_t>(worker->hub_.counters().streams.value()),
                       worker->traffic_connections(),
                       worker->hub_.streams_by_board(selection.prefix, selection.names_told())});
    }
    done(std::move(views));
  });
}

void SimWorker::count_boards(const api::BoardQuestion& question,
                             std::function<void(std::vector<api::BoardCounts>)> done) {
  tasks_.emplace_back([this, question, done = std::move(done)] {
    std::vector<api::BoardCounts> all;
    for (const auto& worker : workers_) all.push_back(test::count_boards(worker->hub_, question));
    done(std::move(all));
  });
}

void SimWorker::change_stream(const api::StreamId& id, const api::StreamChange& change,
                              std::function<void(std::optional<http::Response>)> done) {
  tasks_.emplace_back([this, id, change, done = std::move(done)] {
    for (const auto& worker : workers_) {
      std::optional<http::Response> answer;
      api::apply(change, id, worker->context(),
                 [&answer](std::optional<http::Response> of) { answer = std::move(of); });
      if (answer) return done(std::move(answer));
    }
    done(std::nullopt);
  });
}

void SimWorker::cut(const std::string& connection, std::function<void(bool)> done) {
  tasks_.emplace_back([this, connection, done = std::move(done)] {
    for (const auto& worker : workers_) {
      for (const auto& candidate : worker->connections_) {
        if (candidate->closed() || candidate->id() != connection) continue;
        candidate->cut();
        return done(true);
      }
    }
    done(false);
  });
}

void SimWorker::list_streams(const api::StreamSelection& selection,
                             std::function<void(std::vector<api::StreamList>)> done) {
  tasks_.emplace_back([this, selection, done = std::move(done)] {
    std::vector<api::StreamList> lists;
    for (const auto& worker : workers_) {
      lists.push_back(api::list_streams(worker->context(), selection));
    }
    done(std::move(lists));
  });
}

void SimWorker::kick(const api::Kick& kick, std::function<void(bool)> done) {
  tasks_.emplace_back([this, kick, done = std::move(done)] { done(end_anywhere(kick)); });
}

void SimWorker::replace(const api::StreamId& id) {
  tasks_.emplace_back([this, id] {
    for (const auto& worker : workers_) api::end_replaced(worker->streams_, id);
  });
}

bool SimWorker::end_stream(const std::string& id) {
  const std::optional<api::StreamId> stream = api::parse_stream_id(id);
  EXPECT_TRUE(stream.has_value()) << id;
  return stream && end_anywhere({*stream, {}, "the operator"});
}

bool SimWorker::end_anywhere(const api::Kick& kick) const {
  bool found = false;
  for (const auto& worker : workers_) {
    found = api::end_stream(worker->context(), kick) || found;
  }
  return found;
}

}  // namespace gateway::sim
