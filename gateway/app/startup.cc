#include "app/startup.h"

#include <algorithm>
#include <utility>

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

Lines lines_of(const std::vector<config::Problem>& problems) {
  Lines lines;
  for (const config::Problem& problem : problems) lines.push_back(config::to_string(problem));
  return lines;
}

}  // namespace

base::Result<config::Settings, Lines> load_settings(const Lines& config_files) {
  auto sources = read_sources(config_files);
  if (!sources) return base::Fail{sources.error()};
  auto settings = config::load(*sources, config::process_environment());
  if (!settings) return base::Fail{lines_of(settings.error())};
  return *std::move(settings);
}

base::Result<SetupRef, Lines> prepare(const Lines& config_files, const Setup* running) {
  auto settings = load_settings(config_files);
  if (!settings) return base::Fail{settings.error()};
  auto setup = std::make_shared<Setup>();
  setup->settings = *std::move(settings);
  if (running != nullptr) {
    auto changes = config::reconcile(running->settings, setup->settings);
    if (!changes) return base::Fail{lines_of(changes.error())};
    setup->changes = *std::move(changes);
  }
  if (speaks_tls(setup->settings)) {
    const net::TlsOptions& options = setup->settings.net.tls;
    if (Lines errors = bad_certificates(options); !errors.empty()) return base::Fail{errors};
    auto tls = net::make_tls_context(options, running == nullptr ? nullptr : running->tls.get());
    if (!tls) return base::Fail{Lines{tls.error().message}};
    setup->tls = *std::move(tls);
  }
  return SetupRef(std::move(setup));
}

}  // namespace gateway::app
