#include "sim/gateway_world.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace gateway::sim {

using std::chrono::milliseconds;

/// The memory backbone; notes which publication got which places. What they carry the model takes
/// from the client's side.
class GatewayWorld::Recorder final : public backbone::Backbone {
 public:
  Recorder(Scene& scene, base::Random& random)
      : scene_(scene),
        real_(backbone::make_memory_backbone(scene.clock, random, scene.broker, {})) {
    scene.epoch = log().head().epoch;
  }
  void publish(std::vector<broker::Draft> batch, backbone::PublishDone done) override {
    const std::string& data = batch.front().data;
    const std::size_t mark = data.find('#');
    const std::size_t number = std::strtoull(data.c_str() + mark + 1, nullptr, 10);
    ASSERT_TRUE(mark != std::string::npos && number < scene_.publications.size()) << data;
    Publication& publication = scene_.publications[number];
    EXPECT_EQ(publication.first, 0U) << "published twice";
    EXPECT_EQ(publication.status, 200) << "published though it is wrong: " << data;
    EXPECT_EQ(publication.events.size(), batch.size());
    EXPECT_FALSE(scene_.draining);
    publication.first = scene_.head() + 1;
    for (const SentEvent& sent : publication.events) {
      scene_.log.push_back({&sent, scene_.clock.wall_ms()});
    }
    scene_.coverage.published += batch.size();
    real_->publish(std::move(batch), [&](const backbone::PublishResult& result) {
      for (std::size_t i = 0; i < result->ids.size(); ++i) {
        EXPECT_EQ(result->ids[i].seq, publication.first + i) << "a batch is contiguous";
      }
      done(result);
    });
  }
  void use(const broker::Options& broker, const backbone::Options& own) override {
    real_->use(broker, own);
  }
  bool connected() const override { return true; }
  broker::Log& log() override { return real_->log(); }
  Keys keys() const override { return real_->keys(); }

 private:
  Scene& scene_;
  std::unique_ptr<backbone::Backbone> real_;
};

GatewayWorld::GatewayWorld(std::uint64_t seed, GatewayCoverage& coverage)
    : total_(coverage), random_(seed), gateway_random_(~seed), maker_(scene_, random_) {
  scene_.coverage = total_;
  scene_.broker.pending_events = chance(50) ? 1 + random_.below(8) : 64;
  scene_.broker.slow = chance(50) ? broker::Slow::gap : broker::Slow::close;
  scene_.broker.history.board = {SIZE_MAX, SIZE_MAX, std::chrono::hours(24)};
  scene_.broker.heartbeat = milliseconds(1'000);
  scene_.broker.stall = milliseconds(3'000);
  scene_.http.ping_interval = milliseconds(4'000);
  scene_.http.ping_timeout = milliseconds(2'000);
  scene_.http.header_timeout = milliseconds(5'000);
  scene_.http.body_timeout = milliseconds(5'000);
  scene_.http.idle_timeout = milliseconds(8'000);
  scene_.api.batch_events = 8;
  scene_.api.format = chance(50) ? broker::Format::plain : broker::Format::json;
  backbone_ = std::make_unique<Recorder>(scene_, gateway_random_);
  for (std::size_t i = 2 + random_.below(2); i > 0; --i) {
    workers_.push_back(std::make_unique<SimWorker>(scene_, gateway_random_, *backbone_, workers_));
  }
  for (int i = 0; i < 3; ++i) connect();
}

GatewayWorld::~GatewayWorld() {
  workers_.clear();
  EXPECT_EQ(backbone_->log().interests(), 0U);
  total_ = scene_.coverage;
}

void GatewayWorld::act() {
  const std::uint64_t what = random_.below(100);
  SimConnection* connection = pick_connection();
  if (connection == nullptr || (what < 6 && connections_made_ < 12)) return connect();
  if (what < 40) {
    if (!connection->may_request()) return;
    what < 18   ? subscribe(*connection)
    : what < 38 ? publish(*connection)
                : ask_in_vain(*connection);
  } else if (what < 45) {
    connection->client().reset_one(random_);
  } else if (what < 46) {
    connection->cut();
  } else if (what < 47) {
    kick_one();
  } else if (what < 70) {
    pick_worker().turn();
  } else if (what < 86) {
    move_laggard(*connection);
  } else if (what < 97) {
    pass_time(1 + static_cast<int>(random_.below(12)), milliseconds(125));
  } else if (what < 98) {
    pass_time(3, milliseconds(4'000));
  } else {
    settle();
  }
}

SimConnection* GatewayWorld::pick_connection() {
  const auto& connections = pick_worker().connections();
  return connections.empty() ? nullptr : connections[random_.below(connections.size())].get();
}

void GatewayWorld::connect() {
  SimWorker& worker = pick_worker();
  const std::string id = "c" + std::to_string(++connections_made_);
  worker.connect(worker.setup(chance(70), chance(60), id));
}

void GatewayWorld::subscribe(SimConnection& connection) {
  RequestMaker::Subscribe made = maker_.subscribe();
  if (chance(4)) {
    made.request.method = "HEAD";
    auto model = std::make_unique<ModelAnswer>(scene_, 200);
    model->expect_no_body();
    return connection.client().request(made.request, std::move(model));
  }
  if (!made.wish.stream.empty()) ++scene_.named[made.wish.stream];
  auto model = std::make_unique<ModelSubscription>(
      scene_, std::move(made.wish), std::string(connection.protocol()), connection.id());
  if (connection.prompt()) {
    model->expect_prompt(scene_.broker.heartbeat - 3 * workers_.front()->hub().heartbeat_tick());
  }
  connection.client().request(made.request, std::move(model));
}

void GatewayWorld::publish(SimConnection& connection) {
  const ClientRequest request = maker_.publish();
  connection.client().request(request,
                              std::make_unique<ModelPublish>(scene_, scene_.publications.back()));
}

void GatewayWorld::kick_one() {
  std::vector<ModelSubscription*> streams;
  pick_worker().each_stream(
      [&](const SimConnection&, ModelSubscription& stream) { streams.push_back(&stream); });
  if (streams.empty()) return;
  ModelSubscription& stream = *streams[random_.below(streams.size())];
  // One that has ended and whose last bytes are on their way is not there any more.
  if (pick_worker().end_stream(stream.id())) stream.expect_kick();
}

// Sometimes so often that the heads of the answers fill more than a record.
void GatewayWorld::ask_in_vain(SimConnection& connection) {
  for (int times = chance(8) ? 150 : 1; times > 0 && connection.may_request(); --times) {
    int status = 0;
    const ClientRequest request = maker_.wrong_subscribe(status);
    connection.client().request(request, std::make_unique<ModelAnswer>(scene_, status));
  }
}

void GatewayWorld::move_laggard(SimConnection& connection) {
  const std::size_t bytes = 1 + random_.below(chance(50) ? 64 : 16'384);
  if (chance(50)) {
    connection.feed(bytes);
  } else {
    connection.read(bytes);
    if (chance(30)) connection.client().give_windows();
  }
}

// Whoever keeps up has sent and read all there is.
void GatewayWorld::turn_until_quiet() {
  for (bool moved = true; moved && !::testing::Test::HasFailure();) {
    moved = false;
    for (const auto& worker : workers_) moved = worker->turn() || moved;
  }
}

void GatewayWorld::pass_time(int steps, base::Duration longest) {
  for (; steps > 0 && !::testing::Test::HasFailure(); --steps) {
    turn_until_quiet();
    const auto step =
        milliseconds(1 + random_.below(static_cast<std::uint64_t>(
                             std::chrono::duration_cast<milliseconds>(longest).count())));
    scene_.clock.advance(step);
    for (const auto& worker : workers_) {
      worker->pass_time();
      worker->turn();
    }
    if (longest == milliseconds(125)) check_silences();
  }
}

void GatewayWorld::check_silences() {
  const base::Duration tick = workers_.front()->hub().heartbeat_tick();
  for (const auto& worker : workers_) {
    worker->each_stream([&](const SimConnection& connection, ModelSubscription& stream) {
      if (connection.prompt()) stream.check_silence(scene_.broker.heartbeat + 3 * tick);
    });
  }
}

void GatewayWorld::finish() {
  settle();
  if (chance(60)) drain();
}

void GatewayWorld::drain() {
  scene_.draining = true;
  for (int i = 0; i < 10 && !::testing::Test::HasFailure(); ++i) act();
  turn_until_quiet();  // what was acknowledged goes out before a stream ends
  scene_.leaving = true;
  for (const auto& worker : workers_) worker->shut_down();
  for (int left = 8; left > 0 && !::testing::Test::HasFailure(); --left) {
    for (const auto& worker : workers_) worker->end_some(1.0 / left);
    pass_time(1, milliseconds(50));
  }
  settle();
  pass_time(4, milliseconds(4'000));
  settle();
  for (const auto& worker : workers_) {
    EXPECT_TRUE(worker->connections().empty()) << "a connection outlives the drain";
  }
}

}  // namespace gateway::sim
