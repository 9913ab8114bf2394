#include "app/startup.h"

#include <algorithm>
#include <utility>

#include "config/config.h"
#include "net/listener.h"

namespace gateway::app {
namespace {

using Lines = std::vector<std::string>;

base::Result<std::vector<config::Source>, Lines> read_sources(const Lines& files) {
  std::vector<config::Source> sources;
  Lines errors;
  if (files.empty()) sources.push_back(config::development_source());
  for (const std::string& file : files) {
    auto source = config::read_source(file);
    if (source) {
      sources.push_back(*std::move(source));
    } else {
      errors.push_back(source.error().message);
    }
  }
  if (!errors.empty()) return base::Fail{errors};
  return sources;
}

std::string to_text(const net::ListenAddress& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return std::string(net::to_string(address.scheme)) + "://" + (v6 ? "[" : "") + address.host +
         (v6 ? "]" : "") + ":" + std::to_string(address.port);
}

/// Without tokens anybody who reaches the port may publish: only the own machine, unless told
/// otherwise.
Lines exposed_listeners(const config::Settings& settings) {
  Lines errors;
  if (settings.auth_open) return errors;
  std::vector<net::ListenAddress> addresses = settings.net.listen;
  addresses.push_back(settings.admin);
  for (const net::ListenAddress& address : addresses) {
    if (net::is_loopback(address)) continue;
    errors.push_back(to_text(address) +
                     " can be reached from other machines and auth.mode is none: anybody could "
                     "publish and read. Listen on localhost, or say auth: {open: true} if that is "
                     "what you want.");
  }
  return errors;
}

bool speaks_tls(const config::Settings& settings) {
  const auto https = [](const net::ListenAddress& a) { return a.scheme == net::Scheme::https; };
  return std::any_of(settings.net.listen.begin(), settings.net.listen.end(), https) ||
         https(settings.admin);
}

}  // namespace

base::Result<config::Settings, Lines> load_settings(const Lines& config_files) {
  auto sources = read_sources(config_files);
  if (!sources) return base::Fail{sources.error()};
  auto settings = config::load(*sources, config::process_environment());
  if (settings) return *std::move(settings);
  Lines errors;
  for (const config::Problem& problem : settings.error()) {
    errors.push_back(config::to_string(problem));
  }
  return base::Fail{errors};
}

base::Result<Prepared, Lines> prepare(const Lines& config_files) {
  auto settings = load_settings(config_files);
  if (!settings) return base::Fail{settings.error()};
  Prepared prepared{*std::move(settings), nullptr};
  Lines errors = exposed_listeners(prepared.settings);
  if (speaks_tls(prepared.settings)) {
    auto tls = net::make_tls_context(prepared.settings.net.tls);
    if (tls) {
      prepared.tls = *std::move(tls);
    } else {
      errors.push_back(tls.error().message);
    }
  }
  if (!errors.empty()) return base::Fail{errors};
  return prepared;
}

}  // namespace gateway::app
