// What: a Publisher in its surroundings, with a backbone that keeps what it is given and answers as
// the test says. Owner and thread: the test's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/publish.h"
#include "unit/api/api_world.h"

namespace gateway::test {

/// Numbers what it is given from 1 in epoch 0xabc; with `later` set, answers only in `answer_all`.
class RecordingBackbone final : public backbone::Backbone {
 public:
  explicit RecordingBackbone(broker::Log& log) : log_(log) {}

  void publish(std::vector<broker::Draft> batch, backbone::PublishDone done) override {
    std::vector<broker::EventId> ids;
    for (broker::Draft& draft : batch) {
      drafts.push_back(std::move(draft));
      ids.push_back({0xabc, drafts.size()});
    }
    waiting_.push_back([this, ids, done = std::move(done)] {
      done(fails ? backbone::PublishResult(base::Fail{*fails})
                 : backbone::Published{ids, repeated});
    });
    if (!later) answer_all();
  }
  void use(const broker::Options&, const backbone::Options&) override {}
  bool connected() const override { return is_connected; }
  broker::Log& log() override { return log_; }
  Keys keys() const override { return {}; }

  void answer_all() {
    for (const auto& answer : std::exchange(waiting_, {})) answer();
  }

  std::vector<broker::Draft> drafts;
  std::optional<backbone::PublishError> fails;
  std::size_t repeated = 0;  // said of every batch
  bool later = false;
  bool is_connected = true;

 private:
  broker::Log& log_;
  std::vector<std::function<void()>> waiting_;
};

struct PublishWorld : ApiWorld {
  /// What a POST of `body` is answered; no content-type when `type` is empty.
  http::Response post(std::string_view type, std::string_view query, std::string_view body) {
    auto request = make_request("POST", "/events");
    request.query = query;
    request.body = body;
    if (!type.empty()) request.fields.add("content-type", std::string(type));
    FakeExchange exchange(std::move(request));
    publisher->handle(exchange);
    return exchange.response();
  }

  RecordingBackbone recorder{log};
  std::size_t replies = 0;
  std::unique_ptr<api::Publisher> publisher = std::make_unique<api::Publisher>(
      api::Context{options, stream_options, recorder, hub, random, clock, fleet, metrics, counters,
                   table, kicks, names, gate, leases, clients},
      [this](http::Exchange& exchange, http::Response response) {
        ++replies;
        exchange.respond(std::move(response));
      });
};

}  // namespace gateway::test
