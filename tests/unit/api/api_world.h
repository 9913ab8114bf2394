// What: one worker's surroundings for handlers under test: the real log, hub and memory backbone,
// a clock turned by hand, seeded randomness, a fleet that says what the test wants.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/context.h"
#include "api/stream_change.h"
#include "auth/key_source.h"
#include "base/wakeable.h"
#include "support/fake_clock.h"
#include "support/fake_exchange.h"

namespace gateway::test {

class FakeFleet final : public api::Fleet {
 public:
  void gather(const api::BoardSelection& selection, Gathered done) override {
    selected.push_back(selection);
    asked.push_back(std::move(done));
  }
  void count_boards(const api::BoardQuestion& question,
                    std::function<void(std::vector<api::BoardCounts>)> done) override {
    boards_asked.emplace_back(question, std::move(done));
  }
  void cut(const std::string& connection, std::function<void(bool)> done) override {
    cut_asked.emplace_back(connection, std::move(done));
  }
  void change_stream(const api::StreamId& id, const api::StreamChange& change,
                     std::function<void(std::optional<http::Response>)> done) override {
    change_asked.push_back({id, change, std::move(done)});
  }
  void list_streams(const api::StreamSelection& selection,
                    std::function<void(std::vector<api::StreamList>)> done) override {
    streams_asked.emplace_back(selection, std::move(done));
  }
  void kick(const api::Kick& kick, std::function<void(bool)> done) override {
    kicked.emplace_back(kick, std::move(done));
  }
  void replace(const api::StreamId& id) override { replaced.push_back(id); }
  const std::vector<std::string>& addresses() const override { return listening; }
  bool ready() const override { return is_ready; }
  bool draining() const override { return is_draining; }
  base::MemoryLevel memory() const override { return memory_level; }
  bool starved() const override { return is_starved; }

  bool is_ready = true;
  bool is_draining = false;
  bool is_starved = false;
  base::MemoryLevel memory_level = base::MemoryLevel::normal;
  std::vector<api::BoardSelection> selected;
  std::vector<Gathered> asked;
  std::vector<std::pair<api::BoardQuestion, std::function<void(std::vector<api::BoardCounts>)>>>
      boards_asked;
  std::vector<std::pair<std::string, std::function<void(bool)>>> cut_asked;
  struct ChangeAsked {
    api::StreamId id;
    api::StreamChange change;
    std::function<void(std::optional<http::Response>)> done;
  };
  std::vector<ChangeAsked> change_asked;
  std::vector<std::pair<api::StreamSelection, std::function<void(std::vector<api::StreamList>)>>>
      streams_asked;
  std::vector<std::pair<api::Kick, std::function<void(bool)>>> kicked;
  std::vector<api::StreamId> replaced;
  std::vector<std::string> listening = {"https://127.0.0.1:8443", "http://127.0.0.1:8080"};
};

/// The memory backbone, but for its connection.
class FakeBackbone final : public backbone::Backbone {
 public:
  explicit FakeBackbone(broker::Log& log) : log_(log) {}
  void publish(std::vector<broker::Draft> batch, backbone::PublishDone done) override {
    done(backbone::Published{log_.append(std::move(batch))});
  }
  void use(const broker::Options&, const backbone::Options&) override {}
  bool connected() const override { return is_connected; }
  broker::Log& log() override { return log_; }
  bool loaded() const override { return is_loaded; }
  bool current() const override { return is_current; }
  broker::EventId newest() override { return others_are_ahead ? others : log_.head(); }
  Keys keys() const override { return {}; }
  backbone::Nodes& nodes() override { return told != nullptr ? *told : alone; }

  backbone::NoNodes alone;
  backbone::Nodes* told = nullptr;  // null: there are no others
  bool is_connected = true;
  bool is_loaded = true;
  bool is_current = true;
  bool others_are_ahead = false;
  broker::EventId others;

 private:
  broker::Log& log_;
};

struct NoWake final : base::Wakeable {
  void wake() override {}
};

struct ApiWorld {
  static constexpr broker::Epoch kEpoch = 0x7f3a91c2;

  ApiWorld() : ApiWorld(broker::Options{}) {}
  explicit ApiWorld(broker::Options with, auth::Options tokens = {})
      : stream_options(std::move(with)), auth(std::move(tokens)) {}

  broker::EventId publish(std::vector<std::string> boards, std::string data,
                          std::string type = {}) {
    return log.append({{std::move(boards), std::move(type), std::move(data), false}}).front();
  }
  void spread() {
    while (hub.spread(64)) {
    }
    hub.replay(64);
  }
  api::Context context() {
    return {options,  stream_options, backbone, hub,   random, clock,  fleet,  metrics,
            counters, table,          kicks,    names, gate,   leases, clients};
  }
  std::int64_t streams() const { return hub.counters().streams.value(); }

  api::Options options;
  broker::Options stream_options;
  FakeClock clock;
  base::SeededRandom random{7};
  NoWake loop;
  broker::Log log{kEpoch, clock, stream_options.history};
  broker::Hub hub{log, loop, stream_options, clock, random};
  FakeBackbone backbone{log};
  FakeFleet fleet;
  api::Metrics metrics;
  api::Counters counters;
  auth::Options auth;
  std::shared_ptr<auth::KeySource> keys =
      std::make_shared<auth::KeySource>(*auth::load_key_set(auth));
  auth::Gate gate{auth, keys, clock, random};
  api::ClientLimits clients{{1, 2}, clock};
  api::StreamLeases leases{clock, clients};
  api::StreamTable table{clients};
  api::Kicks kicks;
  api::StreamNames names{options, clock};
};

/// What a stream's worker answers to this change, where there are no other nodes.
inline std::optional<http::Response> apply_now(const api::StreamChange& change,
                                               const api::StreamId& id,
                                               const api::Context& context) {
  std::optional<http::Response> answer;
  api::apply(change, id, context,
             [&answer](std::optional<http::Response> of) { answer = std::move(of); });
  return answer;
}

/// The same, when nobody is asked for a token.
inline std::optional<http::Response> change_as_everybody(ApiWorld& world, std::string_view json,
                                                         const api::StreamId& id,
                                                         std::size_t names_max) {
  world.stream_options.boards_per_stream = names_max;
  api::StreamChange change = *api::read_stream_change(json, names_max);
  change.grant = world.gate.without_token();
  return apply_now(change, id, world.context());
}

}  // namespace gateway::test
