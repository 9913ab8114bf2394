// What: a backbone whose answers come on one loop: that of the worker which publishes. Owner: the
// worker. Thread: the worker's, but for the answers on their way. The backbone is stopped before
// the loop goes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backbone/backbone.h"
#include "loop/event_loop.h"

namespace gateway::backbone {

class AnswersOn final : public Backbone {
 public:
  /// `done`, but that what is told from another thread than this one comes as a task of `loop`.
  template <typename Result>
  static std::function<void(Result)> here(loop::EventLoop& loop, std::function<void(Result)> done) {
    // Shared, because what `done` holds may be this thread's alone: no copy of it goes elsewhere.
    const auto shared = std::make_shared<std::function<void(Result)>>(std::move(done));
    return [&loop, thread = std::this_thread::get_id(), shared](Result result) {
      if (std::this_thread::get_id() == thread) return (*shared)(std::move(result));
      loop.post([shared, result = std::move(result)] { std::exchange(*shared, nullptr)(result); });
    };
  }

  /// Both outlive it.
  AnswersOn(loop::EventLoop& loop, Backbone& backbone)
      : loop_(loop), backbone_(backbone), nodes_(loop, backbone.nodes()) {}

  void publish(std::vector<broker::Draft> batch, PublishDone done) override {
    backbone_.publish(std::move(batch), here(loop_, std::move(done)));
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
  Nodes& nodes() override { return nodes_; }

 private:
  /// `put` stays as it is: what waits for it is no one thread's.
  class NodesOn final : public Nodes {
   public:
    NodesOn(loop::EventLoop& loop, Nodes& nodes) : loop_(loop), nodes_(nodes) {}
    const std::string& self() const override { return nodes_.self(); }
    bool shared() const override { return nodes_.shared(); }
    bool up() const override { return nodes_.up(); }
    void listen(Listener& listener) override { nodes_.listen(listener); }
    void put(Note note, PutDone done) override { nodes_.put(std::move(note), std::move(done)); }
    void ask(std::string question, AskDone done) override {
      nodes_.ask(std::move(question), here(loop_, std::move(done)));
    }
    void tell(std::string entry) override { nodes_.tell(std::move(entry)); }
    void look(LookDone done) override { nodes_.look(here(loop_, std::move(done))); }

   private:
    loop::EventLoop& loop_;
    Nodes& nodes_;
  };

  loop::EventLoop& loop_;
  Backbone& backbone_;
  NodesOn nodes_;
};

}  // namespace gateway::backbone
