#include <csignal>
#include <cstdio>

#include "app/build_info.h"
#include "app/commands.h"
#include "app/startup.h"
#include "app/supervisor.h"
#include "base/log.h"

namespace gateway::app {
namespace {

std::string url_of(const net::ListenAddress& address, const std::string& bound) {
  // The name that was configured reads better than the address it resolved to; the port is the real
  // one.
  const std::string port = bound.substr(bound.rfind(':'));
  const bool v6 = address.host.find(':') != std::string::npos;
  return std::string(net::to_string(address.scheme)) + "://" +
         (v6 ? "[" + address.host + "]" : address.host) + port;
}

std::string first_https(const std::vector<std::string>& addresses) {
  for (const std::string& address : addresses) {
    if (address.rfind("https://", 0) == 0) return address;
  }
  return addresses.front();
}

void print_hints(const config::Settings& settings, const Supervisor& supervisor) {
  const std::vector<std::string> bound = supervisor.traffic_addresses();
  std::printf("\nBoardcast %s is serving\n", kVersion);
  for (const std::string& address : bound) std::printf("  %s\n", address.c_str());
  for (const std::string& address : supervisor.admin_addresses()) {
    std::printf("  %s  (admin)\n", address.c_str());
  }
  const std::string url = url_of(settings.net.listen.front(), first_https(bound));
  std::printf(
      "\nSubscribe, in one terminal:\n"
      "  curl -N --cacert certs/ca.crt '%s/events?boards=board-1,board-2&format=json'\n"
      "Publish, in another:\n"
      "  curl --cacert certs/ca.crt '%s/events?board=board-1' -d 'hello'\n"
      "Who is connected to what:\n"
      "  curl '%s/admin/connections'\n\n"
      "Stop with Ctrl-C.\n\n",
      url.c_str(), url.c_str(), supervisor.admin_addresses().front().c_str());
  std::fflush(stdout);
}

/// A closed pipe or socket is an error value where it is written, never the process's end.
void ignore_broken_pipes() {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
}

}  // namespace

int serve(const std::vector<std::string>& config_files, bool hints) {
  ignore_broken_pipes();
  auto prepared = prepare(config_files);
  if (!prepared) {
    for (const std::string& line : prepared.error()) std::fprintf(stderr, "%s\n", line.c_str());
    return 1;
  }
  const config::Settings& settings = prepared->settings;
  base::log_start(settings.log);
  BC_LOG(info, "starting", {"version", kVersion}, {"commit", kCommit});
  const base::SystemClock clock;
  int code = 1;
  {
    Supervisor supervisor(settings, prepared->tls.get(), clock);
    if (auto started = supervisor.start(); !started) {
      BC_LOG(error, started.error().message);
    } else {
      if (hints || config_files.empty()) print_hints(settings, supervisor);
      code = supervisor.run();
    }
  }
  base::log_stop();
  return code;
}

}  // namespace gateway::app
