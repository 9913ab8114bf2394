#include <algorithm>
#include <atomic>

#include "backbone/backbone.h"
#include "backbone/dedupe.h"

namespace gateway::backbone {
namespace {

bool has_keys(const std::vector<broker::Draft>& batch) {
  return std::any_of(batch.begin(), batch.end(),
                     [](const broker::Draft& draft) { return !draft.key.empty(); });
}

class MemoryBackbone final : public Backbone {
 public:
  MemoryBackbone(const base::Clock& clock, broker::Epoch epoch, base::SipKey secret,
                 const broker::Options& broker_options, const Options& options)
      : backlog_bytes_(broker_options.backlog_bytes),
        log_(epoch, clock, broker_options.history),
        dedupe_(log_, clock, secret, options) {}

  void publish(std::vector<broker::Draft> batch, PublishDone done) override {
    if (log_.backlog_bytes() > backlog_bytes_) {
      return done(base::Fail{PublishError{PublishError::unavailable}});
    }
    if (has_keys(batch)) return done(dedupe_.publish(std::move(batch)));
    done(Published{log_.append(std::move(batch))});
  }
  void use(const broker::Options& broker_options, const Options& options) override {
    backlog_bytes_ = broker_options.backlog_bytes;
    log_.use(broker_options.history);
    dedupe_.use(options);
  }
  bool connected() const override { return true; }
  broker::Log& log() override { return log_; }
  Keys keys() const override { return dedupe_.keys(); }

 private:
  std::atomic<std::size_t> backlog_bytes_;
  broker::Log log_;
  Dedupe dedupe_;
};

}  // namespace

std::unique_ptr<Backbone> make_memory_backbone(const base::Clock& clock, base::Random& random,
                                               const broker::Options& broker_options,
                                               const Options& options) {
  // Epoch 0 is never used, so that an all-zero id is foreign everywhere.
  const auto epoch = static_cast<broker::Epoch>(1 + random.below(UINT32_MAX));
  const base::SipKey secret{random.next(), random.next()};
  return std::make_unique<MemoryBackbone>(clock, epoch, secret, broker_options, options);
}

}  // namespace gateway::backbone
