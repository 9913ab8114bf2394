// What: a backbone whose answers come on one loop: that of the worker which publishes. Owner: the
// worker. Thread: the worker's, but for the answers on their way. The backbone is stopped before
// the loop goes.
#pragma once

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "backbone/backbone.h"
#include "loop/event_loop.h"

namespace gateway::backbone {

class AnswersOn final : public Backbone {
 public:
  /// Both outlive it.
  AnswersOn(loop::EventLoop& loop, Backbone& backbone) : loop_(loop), backbone_(backbone) {}

  void publish(std::vector<broker::Draft> batch, PublishDone done) override {
    const auto here = std::this_thread::get_id();
    // Shared, because what `done` holds may be this thread's alone: no copy of it goes elsewhere.
    const auto shared = std::make_shared<PublishDone>(std::move(done));
    backbone_.publish(std::move(batch), [&loop = loop_, here, shared](PublishResult result) {
      if (std::this_thread::get_id() == here) return (*shared)(std::move(result));
      loop.post([shared, result = std::move(result)] { std::exchange(*shared, nullptr)(result); });
    });
  }
  void use(const broker::Options& broker_options, const Options& options) override {
    backbone_.use(broker_options, options);
  }
  bool connected() const override { return backbone_.connected(); }
  broker::Log& log() override { return backbone_.log(); }
  bool loaded() const override { return backbone_.loaded(); }
  bool current() const override { return backbone_.current(); }
  broker::EventId newest() override { return backbone_.newest(); }
  Keys keys() const override { return backbone_.keys(); }
  const RedisCounters* redis() const override { return backbone_.redis(); }

 private:
  loop::EventLoop& loop_;
  Backbone& backbone_;
};

}  // namespace gateway::backbone
