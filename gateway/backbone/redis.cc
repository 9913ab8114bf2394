#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "backbone/backbone.h"
#include "backbone/ingest.h"
#include "backbone/redis_kept.h"
#include "backbone/redis_link.h"
#include "backbone/redis_names.h"
#include "backbone/redis_nodes.h"
#include "backbone/redis_refusals.h"
#include "backbone/redis_script.h"
#include "base/random.h"
#include "loop/event_loop.h"

namespace gateway::backbone {
namespace {

using std::chrono::milliseconds;

/// How often it is looked whether all is settled.
constexpr milliseconds kSettleLook{5};

std::size_t bytes_of(const std::vector<std::string>& words) {
  constexpr std::size_t kPerWord = 64;
  std::size_t bytes = 0;
  for (const std::string& word : words) bytes += kPerWord + word.size();
  return bytes;
}

/// Until the first connection the log is empty, and of an epoch that nobody else has.
broker::Epoch draw_epoch() {
  base::SystemRandom random;
  return static_cast<broker::Epoch>(1 + random.below(UINT32_MAX));
}

class RedisBackbone final : public Backbone {
 public:
  RedisBackbone(const base::Clock& clock, const broker::Options& broker_options,
                const Options& options)
      : unanswered_max_(options.redis.unanswered_bytes),
        settle_at_most_(options.redis.timeout),
        names_(options.redis.prefix),
        log_(draw_epoch(), clock, broker_options.history),
        loop_(clock) {
    kept_.set(broker_options, options);
    nodes_ = std::make_unique<RedisNodes>(
        RedisNodes::Context{loop_, names_, counters_,
                            [this](std::vector<std::string> command, RedisNodes::Answer answer) {
                              return link_->send(command, std::move(answer));
                            },
                            [this] {
                              notes_read_ = true;
                              look_whether_connected();
                            }},
        options.redis);
    link_ = std::make_unique<RedisLink>(
        RedisLink::Context{loop_, log_, names_, counters_, [this] { return kept_.keep(); },
                           [this] { return crowded(); },
                           [this](bool connected) {
                             log_connected_ = connected;
                             look_whether_connected();
                             if (ingest_) ingest_->connected(connected);
                           },
                           *nodes_, refusals_},
        place_of(options.redis), options.redis);
    if (options.redis.ingest != IngestFrom::off) {
      ingest_ = std::make_unique<Ingest>(Ingest::Context{loop_, *link_, names_, counters_,
                                                         [this] { return crowded(); }, refusals_},
                                         options.redis);
    }
    settle_timer_ = loop_.make([this] { look_whether_settled(); });
    loop_.post([this] { link_->start(); });
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~RedisBackbone() override { stop(); }

  void publish(std::vector<broker::Draft> batch, PublishDone done) override {
    if (!connected_ || crowded()) return refuse(done);
    const auto sent = std::make_shared<Sent>();
    if (!kept_.keys_count()) {
      for (broker::Draft& draft : batch) draft.key.clear();
    }
    sent->events = batch.size();
    sent->words = script_words(names_, {}, std::move(batch));
    sent->bytes = bytes_of(sent->words);
    // As with the backlog, each publisher of that moment may go beyond it by one batch.
    if (unanswered_.fetch_add(sent->bytes) > unanswered_max_) {
      unanswered_ -= sent->bytes;
      return refuse(done);
    }
    sent->done = std::move(done);
    loop_.post([this, sent] { send(sent); });
  }
  void use(const broker::Options& broker_options, const Options& options) override {
    kept_.set(broker_options, options);
    log_.use(broker_options.history);
  }
  bool connected() const override { return connected_; }
  bool loaded() const override { return loaded_; }
  bool current() const override { return counters_.live.value() == 1; }
  broker::Log& log() override { return log_; }
  broker::EventId newest() override { return {log_.head().epoch, broker::kSeqMax}; }
  Keys keys() const override { return {}; }
  Nodes& nodes() override { return *nodes_; }
  const RedisCounters* redis() const override { return &counters_; }

  void settle(std::function<void()> done) override {
    loop_.post([this, done = std::move(done)] {
      if (ingest_) ingest_->retire();
      settled_ = done;
      settle_until_ = loop_.clock().now() + settle_at_most_;
      look_whether_settled();
    });
  }
  void stop() override {
    if (!thread_.joinable()) return;
    connected_ = false;
    loop_.post([this] {
      if (ingest_) ingest_->retire();
      link_->stop();
      loop_.post([this] { loop_.stop(); });  // behind what they have posted
    });
    thread_.join();
  }

 private:
  struct Sent {
    std::vector<std::string> words;
    std::size_t events = 0;
    std::size_t bytes = 0;
    PublishDone done;
  };

  bool crowded() const { return log_.backlog_bytes() > kept_.backlog_bytes(); }

  static void refuse(const PublishDone& done) {
    done(base::Fail{PublishError{PublishError::unavailable}});
  }

  void send(const std::shared_ptr<Sent>& sent) {
    counters_.unanswered.add(1);
    link_->run(std::move(sent->words), [this, sent](bool was_sent, const RedisReply& reply) {
      counters_.unanswered.add(-1);
      unanswered_ -= sent->bytes;
      answer(*sent, was_sent, reply);
    });
  }

  void answer(const Sent& sent, bool was_sent, const RedisReply& reply) {
    if (!reply.is_error("CONFLICT")) refusals_.hear("publishing", reply);
    if (auto answer = read_script_answer(reply, sent.events)) {
      counters_.accepted.add();
      for (const broker::EventId id : answer->published.ids) {
        const bool newer = id.epoch != accepted_.epoch || id.seq > accepted_.seq;
        if (id.epoch == answer->standing.epoch && newer) accepted_ = id;
      }
      return sent.done(std::move(answer->published));
    }
    const PublishError error =
        was_sent ? publish_error(reply) : PublishError{PublishError::unavailable};
    switch (error.reason) {
      case PublishError::unavailable:
        counters_.refused.add();
        break;
      case PublishError::unknown:
        counters_.unknown.add();
        break;
      case PublishError::conflict:
        counters_.conflicts.add();
    }
    sent.done(base::Fail{error});
  }

  // A client that has come from another node may ask for what that one was told.
  void look_whether_connected() {
    const bool connected = log_connected_ && notes_read_;
    if (connected) loaded_ = true;
    connected_ = connected;
  }

  void look_whether_settled() {
    if (!settled_) return;
    const broker::EventId head = log_.head();
    const bool there = accepted_.epoch != head.epoch || accepted_.seq <= head.seq;
    const bool over = loop_.clock().now() >= settle_until_;
    if (!over && (!there || counters_.unanswered.value() > 0)) {
      return settle_timer_->arm(kSettleLook);
    }
    std::exchange(settled_, nullptr)();
  }

  const std::size_t unanswered_max_;
  const milliseconds settle_at_most_;
  const RedisNames names_;
  RedisKept kept_;
  RedisCounters counters_;
  broker::Log log_;
  std::atomic<bool> connected_{false};
  std::atomic<bool> loaded_{false};
  std::atomic<std::size_t> unanswered_{0};
  loop::EventLoop loop_;
  std::unique_ptr<RedisNodes> nodes_;
  // From here on the loop's thread alone.
  RedisRefusals refusals_{loop_.clock(), counters_.refusals};
  std::unique_ptr<RedisLink> link_;
  std::unique_ptr<Ingest> ingest_;  // null: nobody else publishes there
  bool log_connected_ = false;
  bool notes_read_ = false;   // once
  broker::EventId accepted_;  // the newest
  std::unique_ptr<base::Timer> settle_timer_;
  std::function<void()> settled_;
  base::MonoTime settle_until_{};
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Backbone> make_redis_backbone(const base::Clock& clock,
                                              const broker::Options& broker_options,
                                              const Options& options) {
  return std::make_unique<RedisBackbone>(clock, broker_options, options);
}

}  // namespace gateway::backbone
