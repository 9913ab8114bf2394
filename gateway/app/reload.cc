#include "app/reload.h"

#include <utility>

#include "base/log.h"

namespace gateway::app {
namespace {

/// A ticket is good for two hours at most, so one key before would do.
constexpr std::chrono::hours kTicketKeyLife{12};

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "none" : all;
}

}  // namespace

Reloader::Reloader(SetupRef running, std::vector<std::string> config_files, base::Timers& timers,
                   Use use)
    : config_files_(std::move(config_files)),
      clock_(timers.clock()),
      use_(std::move(use)),
      look_(timers.make([this] { look_at_files(); })),
      rotation_(timers.make([this] { rotate_tickets(); })) {
  take(std::move(running));
  if (running_->tls) rotation_->arm(kTicketKeyLife);
}

void Reloader::rotate_tickets() {
  rotation_->arm(kTicketKeyLife);
  running_->tls->rotate_tickets();
}

void Reloader::take(SetupRef next) {
  running_ = std::move(next);
  if (!running_->tls) return;
  seen_ = running_->tls_files;
  const auto every = running_->settings.net.tls.reload;
  if (every.count() > 0) look_->arm(every);
  if (every.count() == 0) look_->cancel();
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

// Half of a pair may have been written so far: the next look sees the other half come.
void Reloader::look_at_files() {
  look_->arm(running_->settings.net.tls.reload);
  FileMarks now = FileMarks::of(tls_files(running_->settings));
  if (now == seen_) return;
  seen_ = std::move(now);
  auto next = renew_tls(*running_);
  if (!next) {
    counters_.renewals_failed.add();
    for (const std::string& problem : next.error()) {
      BC_LOG(error, "certificates not renewed, those in use stay", {"problem", problem});
    }
    return;
  }
  take(*std::move(next));
  counters_.renewals.add();
  use_(running_);
  BC_LOG(info, "certificates renewed", {"days_left", running_->tls->days_left()});
}

}  // namespace gateway::app
