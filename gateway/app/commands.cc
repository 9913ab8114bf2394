#include "app/commands.h"

#include <unistd.h>

#include <cstdio>

#include "app/build_info.h"
#include "app/privileges.h"
#include "app/startup.h"
#include "auth/version.h"
#include "base/log.h"
#include "client/version.h"
#include "config/config.h"
#include "http/version.h"
#include "loop/version.h"
#include "net/probe.h"
#include "net/version.h"

namespace gateway::app {
namespace {

int fail(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::fprintf(stderr, "%s\n", line.c_str());
  return 1;
}

int print(const std::string& text) {
  const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written ? 0 : 1;
}

/// Root reads everything, and this process has nothing more to do: so it looks as the user that
/// `serve` would become.
base::Result<base::Unit> look_as(const std::string& user, const std::vector<std::string>& files) {
  if (user.empty() || geteuid() != 0) return base::Unit{};
  base::log_use({base::LogLevel::warn, base::LogFormat::text});  // that it gave up root is no news
  if (auto become = become_user(user); !become) return become;
  warn_of_unreadable(files);
  return base::Unit{};
}

}  // namespace

int check(const std::vector<std::string>& config_files) {
  auto prepared = prepare(config_files);
  if (!prepared) return fail(prepared.error());
  const config::Settings& settings = (*prepared)->settings;
  if (auto user = check_user(settings.server.user); !user) return fail({user.error().message});
  if (auto looked = look_as(settings.server.user, all_files(config_files, settings)); !looked) {
    return fail({looked.error().message});
  }
  return print("ok\n");
}

int print_default_config() { return print(config::default_yaml()); }

int print_config(const std::vector<std::string>& config_files) {
  auto settings = load_settings(config_files);
  if (!settings) return fail(settings.error());
  return print(config::effective_yaml(*settings));
}

int health(const std::string& url) {
  const auto status = net::probe(url, std::chrono::seconds(5));
  if (!status) return fail({status.error().message});
  if (*status == 200) return print("ready\n");
  return fail({url + " answered " + std::to_string(*status) + ": not ready"});
}

std::string version_text() {
  return std::string("boardcast ") + kVersion + " (" + kCommit + ")\n" + http::library_versions() +
         ", " + loop::library_version() + ", " + net::library_version() + ", " +
         client::library_version() + ", " + auth::library_versions();
}

}  // namespace gateway::app
