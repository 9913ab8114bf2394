// What: keeps what the process runs by, and replaces it: when SIGHUP asks, the configuration files
// and certificates are read anew, all or nothing; and when files of certificates change, these
// alone, each pair for itself. Whatever is wrong leaves what is in use in place, is said in the
// log, as is what needs a restart, and with certificates is tried again. Owner: the supervisor.
// Thread: the main thread; the counters are read from any.
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
  base::Counter renewals;         // of certificates whose files changed
  base::Counter renewals_failed;  // of pairs, of the ticket keys and of the CAs of clients
  /// Of which the files could not be taken over at the last try.
  base::Gauge renewals_failing;
  /// When the certificate that expires first does, in ms since 1970; 0 without TLS.
  base::Gauge certificate_expires_at;
};

class Reloader {
 public:
  /// Hand what is new to all that have to know; they cannot fail.
  struct Uses {
    std::function<void(const SetupRef&)> setup;
    std::function<void(const net::TlsContextRef&)> tls;  // it alone is new
  };

  /// `timers` outlive it.
  Reloader(SetupRef running, std::vector<std::string> config_files, base::Timers& timers,
           Uses uses);

  void reload();
  /// Warns of each file that a reload or a renewal could not read. For a process that has become
  /// another user.
  void warn_of_unreadable() const;
  const Setup& running() const { return *running_; }
  const ReloadCounters& counters() const { return counters_; }

 private:
  void take(SetupRef next);
  void look_at_files();
  void renew(const FileMarks& now);
  void note_problems(net::TlsProblems problems);
  void arm_look();
  void rotate_tickets();
  void watch_expiry();

  SetupRef running_;
  const std::vector<std::string> config_files_;
  const base::Clock& clock_;
  const Uses uses_;
  FileMarks seen_;             // the certificates' files, when they were last read
  net::TlsProblems problems_;  // what was wrong with them
  base::MonoTime retry_at_{};
  base::MonoTime say_again_at_{};
  std::unique_ptr<base::Timer> look_;
  std::unique_ptr<base::Timer> rotation_;
  std::unique_ptr<base::Timer> expiry_;
  ReloadCounters counters_;
};

}  // namespace gateway::app
