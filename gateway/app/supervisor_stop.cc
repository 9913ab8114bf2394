// The supervisor's way out: refuse new work, end the streams evenly, wait for what runs.
#include <unistd.h>

#include <utility>

#include "app/service_manager.h"
#include "app/supervisor.h"
#include "base/log.h"

namespace gateway::app {
namespace {

/// The part of server.drain in which streams are ended; the rest is for their last bytes.
constexpr double kEndingShare = 0.8;
/// What the service manager gives beyond the end of the drain, before it kills.
constexpr std::chrono::seconds kExitMargin{10};

}  // namespace

void Supervisor::log_open(const char* message) const {
  std::int64_t streams = 0;
  std::int64_t connections = 0;
  for (const auto& worker : workers_) {
    streams += worker->hub_counters().streams.value();
    connections += worker->connection_counters().open_traffic.value();
  }
  BC_LOG(info, message, {"streams", streams}, {"connections", connections});
}

void Supervisor::stop_signal() {
  if (!state_.ready.exchange(false)) {
    BC_LOG(warn, "second stop signal: leaving at once");
    base::log_stop();
    _exit(1);
  }
  BC_LOG(info, "stopping", {"drain_delay_ms", settings().server.drain_delay.count()},
         {"drain_ms", settings().server.drain.count()});
  tell_stopping(settings().server.drain_delay + settings().server.drain + kExitMargin);
  stop_timer_ = loop_.make([this] { begin_drain(); });
  stop_timer_->arm(settings().server.drain_delay);
}

void Supervisor::begin_drain() {
  traffic_listeners_.clear();
  log_open("draining");
  state_.draining = true;
  // A task runs between handlers: once every worker has run one, no handler that began before the
  // flag was set can still publish; once what they published is in the log, that is all that has to
  // go out.
  auto passed = std::make_shared<std::size_t>(0);  // touched on the main thread only
  for (const auto& worker : workers_) {
    worker->ask([this, passed](Worker&) {
      loop_.post([this, passed] {
        if (++*passed < workers_.size()) return;
        backbone_->settle([this] { loop_.post([this] { end_streams(); }); });
      });
    });
  }
  stop_timer_ = loop_.make([this] {
    log_open("server.drain is over: cutting what is left");
    loop_.stop();
  });
  stop_timer_->arm(settings().server.drain);
}

void Supervisor::end_streams() {
  const auto over = std::chrono::milliseconds(static_cast<std::int64_t>(
      static_cast<double>(settings().server.drain.count()) * kEndingShare));
  for (const auto& worker : workers_) {
    worker->drain(over, [this] {
      loop_.post([this] {
        if (++workers_drained_ == workers_.size()) loop_.stop();
      });
    });
  }
}

}  // namespace gateway::app
