#include "app/startup.h"

#include <algorithm>
#include <utility>

#include "config/config.h"

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

bool speaks_tls(const config::Settings& settings) {
  const auto https = [](const net::ListenAddress& a) { return a.scheme == net::Scheme::https; };
  return std::any_of(settings.net.listen.begin(), settings.net.listen.end(), https);
}

/// Each bad pair by itself, so that one look tells all.
Lines bad_certificates(const net::TlsOptions& options) {
  Lines errors;
  for (std::size_t i = 0; i < options.certificates.size(); ++i) {
    auto alone = net::make_tls_context({{options.certificates[i]}, options.min_version});
    if (alone) continue;
    errors.push_back("tls.certificates[" + std::to_string(i) + "]: " + alone.error().message);
  }
  return errors;
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
  const bool asks = settings->auth.mode == auth::Mode::jwt;
  auto keys = auth::load_key_set(asks ? settings->auth : auth::Options{});
  if (!keys) return base::Fail{keys.error()};
  Prepared prepared{*std::move(settings), nullptr, *std::move(keys)};
  if (speaks_tls(prepared.settings)) {
    const net::TlsOptions& options = prepared.settings.net.tls;
    if (Lines errors = bad_certificates(options); !errors.empty()) return base::Fail{errors};
    auto tls = net::make_tls_context(options);
    if (!tls) return base::Fail{Lines{tls.error().message}};
    prepared.tls = *std::move(tls);
  }
  return prepared;
}

}  // namespace gateway::app
