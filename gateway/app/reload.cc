#include "app/reload.h"

#include <utility>

#include "base/log.h"

namespace gateway::app {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "none" : all;
}

}  // namespace

Reloader::Reloader(SetupRef running, std::vector<std::string> config_files,
                   const base::Clock& clock, Use use)
    : config_files_(std::move(config_files)), clock_(clock), use_(std::move(use)) {
  take(std::move(running));
}

void Reloader::take(SetupRef next) {
  running_ = std::move(next);
  if (!running_->tls) return;
  constexpr double kMsPerDay = 86'400'000;
  counters_.certificate_expires_at.set(
      clock_.wall_ms() + static_cast<base::WallMs>(running_->tls->days_left() * kMsPerDay));
}

void Reloader::reload() {
  auto next = prepare(config_files_, running_.get());
  if (!next) {
    counters_.reloads_failed.add();
    for (const std::string& problem : next.error()) {
      BC_LOG(error, "not reloaded, all stays as it was", {"problem", problem});
    }
    return;
  }
  take(*std::move(next));
  counters_.reloads.add();
  base::log_use(running_->settings.log);
  use_(running_);
  const config::Changes& changes = running_->changes;
  BC_LOG(info, "reloaded", {"changed", joined(changes.taken)});
  if (!changes.need_restart.empty()) {
    BC_LOG(warn, "changed, but not before a restart", {"keys", joined(changes.need_restart)});
  }
}

}  // namespace gateway::app
