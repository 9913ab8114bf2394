// What: keeps what the process runs by, and replaces it: when SIGHUP asks, the configuration files
// and certificates are read anew, all or nothing; and when files of certificates change, these
// alone. Whatever is wrong leaves the running setup in place and is said in the log, as is what
// needs a restart. Owner: the supervisor. Thread: the main thread; the counters are read from any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/startup.h"
#include "base/clock.h"
#include "base/counter.h"
#include "base/timer.h"

namespace gateway::app {

struct ReloadCounters {
  base::Counter reloads;
  base::Counter reloads_failed;
  base::Counter renewals;  // of certificates whose files changed
  base::Counter renewals_failed;
  /// When the certificate that expires first does, in ms since 1970; 0 without TLS.
  base::Gauge certificate_expires_at;
};

class Reloader {
 public:
  /// Hands a new setup to all that have to know; cannot fail.
  using Use = std::function<void(const SetupRef&)>;

  /// `timers` outlive it.
  Reloader(SetupRef running, std::vector<std::string> config_files, base::Timers& timers, Use use);

  void reload();
  const Setup& running() const { return *running_; }
  const ReloadCounters& counters() const { return counters_; }

 private:
  void take(SetupRef next);
  void look_at_files();
  void rotate_tickets();

  SetupRef running_;
  const std::vector<std::string> config_files_;
  const base::Clock& clock_;
  const Use use_;
  FileMarks seen_;  // the certificates' files, when they were last read
  std::unique_ptr<base::Timer> look_;
  std::unique_ptr<base::Timer> rotation_;
  ReloadCounters counters_;
};

}  // namespace gateway::app
