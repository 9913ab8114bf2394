#include <algorithm>
#include <csignal>
#include <cstdio>

#include "app/build_info.h"
#include "app/commands.h"
#include "app/key_refresh.h"
#include "app/startup.h"
#include "app/supervisor.h"
#include "base/log.h"
#include "client/download.h"
#include "net/tls_memory.h"

namespace gateway::app {
namespace {

/// The best address to try: https before others; with the name that was configured, which reads
/// better than the address it resolved to, and the real port.
std::string url_to_try(const config::Settings& settings, const std::vector<std::string>& bound) {
  const std::vector<net::ListenAddress>& configured = settings.net.listen;
  const auto secure = [](const net::ListenAddress& at) { return at.scheme == net::Scheme::https; };
  const auto found = std::find_if(configured.begin(), configured.end(), secure);
  const net::ListenAddress& chosen = found == configured.end() ? configured.front() : *found;
  const std::string scheme = std::string(net::to_string(chosen.scheme)) + "://";
  const auto same = std::find_if(bound.begin(), bound.end(), [&](const std::string& address) {
    return address.rfind(scheme, 0) == 0;
  });
  if (same == bound.end()) return bound.front();
  const bool v6 = chosen.host.find(':') != std::string::npos;
  return scheme + (v6 ? "[" + chosen.host + "]" : chosen.host) + same->substr(same->rfind(':'));
}

void print_hints(const config::Settings& settings, const Supervisor& supervisor) {
  const std::vector<std::string> bound = supervisor.traffic_addresses();
  std::printf("\nBoardcast %s is serving\n", kVersion);
  for (const std::string& address : bound) std::printf("  %s\n", address.c_str());
  for (const std::string& address : supervisor.admin_addresses()) {
    std::printf("  %s  (admin)\n", address.c_str());
  }
  const std::string url = url_to_try(settings, bound);
  const char* trust = url.rfind("https://", 0) == 0 ? "--cacert certs/ca.crt " : "";
  if (settings.api.page) {
    std::printf("\nOpen in a browser%s:\n  %s/\n",
                *trust ? " (after ./dev trust it knows the certificate)" : "", url.c_str());
  }
  std::printf(
      "\nSubscribe, in another terminal, in this folder:\n"
      "  curl -N %s'%s/events?boards=board-1,board-2&format=json'\n"
      "Publish, in a third:\n"
      "  curl %s'%s/events?board=board-1' -d 'hello'\n"
      "Who is connected to what:\n"
      "  curl '%s/admin/connections'\n\n"
      "Stop with Ctrl-C.\n\n",
      trust, url.c_str(), trust, url.c_str(), supervisor.admin_addresses().front().c_str());
  std::fflush(stdout);
}

void log_start_of(const std::vector<std::string>& config_files) {
  std::string files;
  for (const std::string& file : config_files) files += (files.empty() ? "" : ", ") + file;
  BC_LOG(info, "starting", {"version", kVersion}, {"commit", kCommit},
         {"config", files.empty() ? "the development configuration" : files});
}

/// A closed pipe or socket, or a file that may not grow, is an error value where it is written,
/// never the process's end.
void survive_what_cannot_be_written() {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
  sigaction(SIGXFSZ, &ignore, nullptr);
}

}  // namespace

int serve(const std::vector<std::string>& config_files, bool hints) {
  survive_what_cannot_be_written();
  const bool tls_counted = net::count_tls_memory();
  auto prepared = prepare(config_files);
  if (!prepared) {
    for (const std::string& line : prepared.error()) std::fprintf(stderr, "%s\n", line.c_str());
    return 1;
  }
  const config::Settings& settings = (*prepared)->settings;
  base::log_start(settings.log);
  log_start_of(config_files);
  if (!tls_counted) BC_LOG(warn, "limits.memory will not see what TLS takes");
  const base::SystemClock clock;
  client::prepare_downloads();
  KeyRefresh refresh(clock);
  refresh.use(key_task(settings.auth, (*prepared)->keys));
  int code = 1;
  std::string failure;
  {
    Supervisor supervisor(*prepared, config_files, refresh, clock);
    if (auto started = supervisor.start(); !started) {
      failure = started.error().message;
    } else {
      if (hints || config_files.empty()) {
        base::log_flush();  // so that the hints are the last thing on the screen
        print_hints(settings, supervisor);
      }
      code = supervisor.run();
    }
  }
  base::log_stop();
  // The last line, behind all of the log, and said even with log.level off.
  if (!failure.empty()) std::fprintf(stderr, "%s\n", failure.c_str());
  return code;
}

}  // namespace gateway::app
