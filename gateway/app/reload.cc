#include "app/reload.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/privileges.h"
#include "base/log.h"

namespace gateway::app {
namespace {

/// How soon files that could not be taken over are tried again though nothing about them shows: the
/// disk may have been full, or the certificate not valid yet.
constexpr std::chrono::minutes kRetryEvery{1};
/// The same problem is said again when it is this old.
constexpr std::chrono::minutes kSayEvery{10};
constexpr std::chrono::hours kExpiryEvery{24};
constexpr double kExpiresSoonDays = 14;

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "none" : all;
}

/// Whole days, so 0 on the last one.
std::int64_t whole_days(double days) { return static_cast<std::int64_t>(std::floor(days)); }

std::string new_certificates(const Setup& next, const Setup& before) {
  if (!next.tls || next.tls == before.tls) return "unchanged";
  const std::vector<std::string> files = next.tls->files_beyond(*before.tls);
  return files.empty() ? "unchanged" : joined(files);
}

/// How many there are now.
std::string new_keys(const Setup& next, const auth::KeySet& before) {
  const std::shared_ptr<const auth::KeySet> keys = next.keys->current().keys;
  return *keys == before ? "unchanged" : std::to_string(keys->keys().size());
}

}  // namespace

Reloader::Reloader(SetupRef running, std::vector<std::string> config_files, base::Timers& timers,
                   Uses uses)
    : config_files_(std::move(config_files)),
      clock_(timers.clock()),
      uses_(std::move(uses)),
      look_(timers.make([this] { look_at_files(); })),
      rotation_(timers.make([this] { rotate_tickets(); })),
      expiry_(timers.make([this] { watch_expiry(); })) {
  take(std::move(running));
  seen_ = running_->tls_files;
  if (running_->tls) rotation_->arm(net::kTicketLife);
}

void Reloader::rotate_tickets() {
  rotation_->arm(net::kTicketLife);
  running_->tls->rotate_tickets();
}

void Reloader::watch_expiry() {
  expiry_->arm(kExpiryEvery);
  const double days_left = running_->tls->days_left();
  if (days_left >= kExpiresSoonDays) return;
  if (days_left < 0) {
    BC_LOG(error, "a certificate has expired and clients refuse it: renew it",
           {"file", running_->tls->ends_first()});
    return;
  }
  BC_LOG(warn, "a certificate expires soon: renew it", {"days_left", whole_days(days_left)},
         {"file", running_->tls->ends_first()});
}

void Reloader::take(SetupRef next) {
  running_ = std::move(next);
  if (!running_->tls) return;
  constexpr double kMsPerDay = 86'400'000;
  counters_.certificate_expires_at.set(
      clock_.wall_ms() + static_cast<base::WallMs>(running_->tls->days_left() * kMsPerDay));
  arm_look();
  watch_expiry();
}

void Reloader::arm_look() {
  const std::chrono::milliseconds every = running_->settings.net.tls.reload;
  if (every.count() == 0) return look_->cancel();
  look_->arm(problems_.empty() ? every : std::min<std::chrono::milliseconds>(every, kRetryEvery));
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
  note_problems({});
  const SetupRef before = running_;
  const std::shared_ptr<const auth::KeySet> keys = before->keys->current().keys;
  take(*std::move(next));
  seen_ = running_->tls_files;
  counters_.reloads.add();
  base::log_use(running_->settings.log);
  uses_.setup(running_);
  const config::Changes& changes = running_->changes;
  BC_LOG(info, "reloaded", {"changed", joined(changes.taken)},
         {"certificates", new_certificates(*running_, *before)},
         {"keys", new_keys(*running_, *keys)});
  if (!changes.need_restart.empty()) {
    BC_LOG(warn, "changed, but not before a restart", {"keys", joined(changes.need_restart)});
  }
}

void Reloader::warn_of_unreadable() const {
  app::warn_of_unreadable(all_files(config_files_, running_->settings));
}

// Half of a pair may have been written so far: the next look sees the other half come.
void Reloader::look_at_files() {
  const FileMarks now = FileMarks::of(tls_files(running_->settings));
  const bool again = !problems_.empty() && clock_.now() >= retry_at_;
  if (again || now != seen_) renew(now);
  arm_look();
}

void Reloader::renew(const FileMarks& now) {
  seen_ = now;
  Renewal next = renew_tls(*running_, now);
  counters_.renewals_failed.add(next.problems.size());
  note_problems(std::move(next.problems));
  if (!next.setup) return;
  const SetupRef before = running_;
  take(std::move(next.setup));
  counters_.renewals.add();
  uses_.tls(running_->tls);
  const std::vector<std::string> files = running_->tls->files_beyond(*before->tls);
  BC_LOG(info, files.empty() ? "ticket keys or tls.client_ca renewed" : "certificates renewed",
         {"files", joined(files)}, {"days_left", whole_days(running_->tls->days_left())});
}

void Reloader::note_problems(net::TlsProblems problems) {
  const base::MonoTime now = clock_.now();
  retry_at_ = now + kRetryEvery;
  counters_.renewals_failing.set(static_cast<std::int64_t>(problems.size()));
  const bool said = problems == problems_ && now < say_again_at_;
  problems_ = std::move(problems);
  if (said) return;
  say_again_at_ = now + kSayEvery;
  for (const std::string& problem : problems_) {
    BC_LOG(error, "certificates not renewed, those in use stay", {"problem", problem});
  }
}

}  // namespace gateway::app
