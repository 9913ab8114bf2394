#include "app/startup.h"

#include <algorithm>
#include <utility>

#include "backbone/backbone.h"

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

/// The files of TLS to Redis, or nothing.
const backbone::RedisTlsOptions* redis_tls(const config::Settings& settings) {
  if (settings.backbone.type != backbone::Type::redis) return nullptr;
  const backbone::RedisOptions& redis = settings.backbone.redis;
  const auto address = backbone::parse_redis_address(redis.url);
  return address && address->tls ? &redis.tls : nullptr;
}

/// The context made by one of them is that made by the other, as long as the files stay the same.
bool same_context(const net::TlsOptions& one, const net::TlsOptions& other) {
  return one.certificates == other.certificates && one.ticket_keys == other.ticket_keys &&
         one.min_version == other.min_version && one.client_ca == other.client_ca;
}

base::Result<SetupRef, Lines> with_tls(std::shared_ptr<Setup> setup, const Setup* running) {
  if (!speaks_tls(setup->settings)) return SetupRef(std::move(setup));
  setup->tls_files = FileMarks::of(tls_files(setup->settings));
  const net::TlsOptions& options = setup->settings.net.tls;
  if (running != nullptr && setup->tls_files == running->tls_files &&
      same_context(options, running->settings.net.tls)) {
    setup->tls = running->tls;
    return SetupRef(std::move(setup));
  }
  auto tls = net::make_tls_context(options, running == nullptr ? nullptr : running->tls.get());
  if (!tls) return base::Fail{tls.error()};
  setup->tls = *std::move(tls);
  return SetupRef(std::move(setup));
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
  // What runs reads them itself, for each connection.
  const backbone::RedisTlsOptions* tls = running == nullptr ? redis_tls(setup->settings) : nullptr;
  if (tls != nullptr) {
    if (const auto usable = backbone::check_redis_tls(*tls); !usable) {
      return base::Fail{Lines{usable.error().message}};
    }
  }
  const auth::Options& auth = setup->settings.auth;
  auto keys = auth::load_key_set(auth.mode == auth::Mode::jwt ? auth : auth::Options{});
  if (!keys) return base::Fail{keys.error()};
  setup->keys = std::make_shared<auth::KeySource>(*std::move(keys));
  return with_tls(std::move(setup), running);
}

Renewal renew_tls(const Setup& running, const FileMarks& now) {
  net::TlsRenewal next = net::renew_tls_context(running.settings.net.tls, *running.tls);
  if (!next.context) return {{}, std::move(next.problems)};
  auto setup = std::make_shared<Setup>();
  setup->settings = running.settings;
  setup->keys = running.keys;
  setup->tls = std::move(next.context);
  if (next.problems.empty()) setup->tls_files = now;
  return {std::move(setup), std::move(next.problems)};
}

std::vector<std::string> tls_files(const config::Settings& settings) {
  if (!speaks_tls(settings)) return {};
  std::vector<std::string> files;
  for (const net::CertificateFiles& pair : settings.net.tls.certificates) {
    files.push_back(pair.certificate);
    files.push_back(pair.key);
  }
  const std::string& client_ca = settings.net.tls.client_ca;
  if (!client_ca.empty()) files.push_back(client_ca);
  const std::vector<std::string>& keys = settings.net.tls.ticket_keys;
  files.insert(files.end(), keys.begin(), keys.end());
  return files;
}

std::vector<std::string> all_files(std::vector<std::string> config_files,
                                   const config::Settings& settings) {
  std::vector<std::string> files = std::move(config_files);
  for (std::string& file : tls_files(settings)) files.push_back(std::move(file));
  if (const backbone::RedisTlsOptions* tls = redis_tls(settings)) {
    for (const std::string& file : {tls->ca, tls->certificate, tls->key}) {
      if (!file.empty()) files.push_back(file);
    }
  }
  const auth::Options& auth = settings.auth;
  if (auth.mode == auth::Mode::none) return files;
  for (const auth::KeyFile& key : auth.keys) files.push_back(key.file);
  const std::string& set = auth::is_published(auth) ? auth.jwks_ca : auth.jwks;
  if (!set.empty()) files.push_back(set);
  return files;
}

}  // namespace gateway::app
