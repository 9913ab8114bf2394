#include "backbone/backbone.h"

namespace gateway::backbone {
namespace {

class MemoryBackbone final : public Backbone {
 public:
  MemoryBackbone(const base::Clock& clock, broker::Epoch epoch, const broker::Options& options)
      : backlog_bytes_(options.backlog_bytes), log_(epoch, clock, options.history) {}

  void publish(std::vector<broker::Draft> batch, PublishDone done) override {
    if (log_.backlog_bytes() > backlog_bytes_) return done(base::Fail{PublishError::unavailable});
    done(log_.append(std::move(batch)));
  }
  bool connected() const override { return true; }
  broker::Log& log() override { return log_; }

 private:
  const std::size_t backlog_bytes_;
  broker::Log log_;
};

}  // namespace

std::unique_ptr<Backbone> make_memory_backbone(const base::Clock& clock, base::Random& random,
                                               const broker::Options& options) {
  // Epoch 0 is never used, so that an all-zero id is foreign everywhere.
  const auto epoch = static_cast<broker::Epoch>(1 + random.below(UINT32_MAX));
  return std::make_unique<MemoryBackbone>(clock, epoch, options);
}

}  // namespace gateway::backbone
