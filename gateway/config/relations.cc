#include "config/relations.h"

#include <algorithm>

#include "backbone/options.h"
#include "base/quantity.h"
#include "config/names.h"
#include "config/rule.h"

namespace gateway::config {
namespace {

std::string shown_duration(std::chrono::milliseconds duration) {
  return base::format_duration_ms(static_cast<std::uint64_t>(duration.count()));
}

/// Port 0 is a different port every time.
bool same_place(const net::ListenAddress& a, const net::ListenAddress& b) {
  return a.host == b.host && a.port == b.port && a.port != 0;
}

void check_timeouts(const Settings& settings, std::vector<Conflict>& conflicts) {
  if (settings.broker.stall >= settings.net.user_timeout) {
    conflicts.push_back({{"stream.stall", "limits.user_timeout"},
                         "stream.stall (" + shown_duration(settings.broker.stall) +
                             ") must be shorter than limits.user_timeout (" +
                             shown_duration(settings.net.user_timeout) +
                             "), which would cut the connection first"});
  }
}

void check_sizes(const Settings& settings, std::vector<Conflict>& conflicts) {
  if (settings.http.header_bytes < settings.http.url_bytes) {
    conflicts.push_back({{"limits.header_bytes", "limits.url_bytes"},
                         "limits.header_bytes (" + base::format_size(settings.http.header_bytes) +
                             ") must be at least limits.url_bytes (" +
                             base::format_size(settings.http.url_bytes) +
                             "): the URL is one of the fields"});
  }
}

void check_memory(const Settings& settings, std::vector<Conflict>& conflicts) {
  constexpr std::size_t kLeftMin = std::size_t{8} << 20U;  // for all but the history
  const std::size_t history = settings.broker.history.total_bytes;
  if (settings.server.memory == 0 || settings.server.memory >= history + kLeftMin) return;
  conflicts.push_back({{"limits.memory", "history.total_bytes"},
                       "limits.memory (" + base::format_size(settings.server.memory) +
                           ") must be at least " + base::format_size(kLeftMin) +
                           " more than history.total_bytes (" + base::format_size(history) +
                           "), which is part of it"});
}

void check_boards(const Settings& settings, std::vector<Conflict>& conflicts) {
  for (const broker::BoardRule& rule : settings.broker.history.rules) {
    if (rule.history.deliver != broker::Deliver::latest || rule.history.events == 1) continue;
    conflicts.push_back({{"boards"},
                         shown(rule.match) + " delivers its latest, which is the one event that is "
                                             "kept: leave history.events out"});
  }
}

void check_addresses(const Settings& settings, std::vector<Conflict>& conflicts) {
  const std::vector<net::ListenAddress>& listen = settings.net.listen;
  for (auto address = listen.begin(); address != listen.end(); ++address) {
    const auto same = [&](const net::ListenAddress& other) { return same_place(*address, other); };
    if (std::any_of(listen.begin(), address, same)) {
      conflicts.push_back(
          {{"server.listen"}, to_string(*address) + ": the address is listed twice"});
    }
    if (same(settings.admin)) {
      conflicts.push_back({{"admin.listen", "server.listen"},
                           to_string(*address) + ": one address for clients and for the operator"});
    }
  }
}

void check_certificates(const Settings& settings, std::vector<Conflict>& conflicts) {
  const bool encrypted = std::any_of(
      settings.net.listen.begin(), settings.net.listen.end(),
      [](const net::ListenAddress& address) { return address.scheme == net::Scheme::https; });
  if (encrypted && settings.net.tls.certificates.empty()) {
    conflicts.push_back({{"tls.certificates", "server.listen"},
                         "an https listener needs a certificate; name one, or listen on http://"});
  }
}

void check_proxies(const Settings& settings, std::vector<Conflict>& conflicts) {
  if (!settings.net.proxy_protocol || !settings.net.proxy_trusted.empty()) return;
  conflicts.push_back({{"server.proxy_protocol", "server.proxy_trusted"},
                       "the proxies are missing: list their networks in server.proxy_trusted"});
}

/// Safe by default: who opens the gateway to a network without tokens must say so.
void check_open(const Settings& settings, std::vector<Conflict>& conflicts) {
  if (settings.auth_open) return;
  const auto check = [&](const net::ListenAddress& address, const char* key,
                         std::string_view reason, std::string_view what) {
    if (is_loopback_host(address.host)) return;
    conflicts.push_back({{key, "auth.open"},
                         to_string(address) + " is not loopback, and " + std::string(reason) +
                             " asks nobody: listen on localhost, or say auth.open: true if "
                             "everybody who reaches this address may " +
                             std::string(what)});
  };
  if (settings.auth.mode == auth::Mode::none) {
    constexpr const char* kAll = "read and publish everything";
    for (const net::ListenAddress& address : settings.net.listen) {
      check(address, "server.listen", "auth.mode none", kAll);
    }
    return check(settings.admin, "admin.listen", "auth.mode none", kAll);
  }
  constexpr const char* kOperate = "count and cut connections";
  check(settings.admin, "admin.listen", "this listener", kOperate);
  if (settings.api.admin_public != api::PublicAdmin::open) return;
  for (const net::ListenAddress& address : settings.net.listen) {
    check(address, "admin.public", "admin.public open", kOperate);
  }
}

void check_tokens(const Settings& settings, std::vector<Conflict>& conflicts) {
  const bool asks = settings.auth.mode == auth::Mode::jwt;
  if (asks && settings.auth.keys.empty() && settings.auth.jwks.empty() &&
      settings.auth.certificates.empty()) {
    conflicts.push_back({{"auth.mode", "auth.keys", "auth.jwks", "auth.certificates"},
                         "auth.mode jwt needs a key that signs tokens: name it in auth.keys, or a "
                         "file of several in auth.jwks; or say in auth.certificates what those may "
                         "do that show one"});
  }
  if (!asks && settings.api.admin_public == api::PublicAdmin::token) {
    conflicts.push_back({{"admin.public", "auth.mode"},
                         "admin.public token asks for tokens, which only auth.mode jwt knows"});
  }
}

void check_client_certificates(const Settings& settings, std::vector<Conflict>& conflicts) {
  if (settings.auth.certificates.empty()) return;
  if (settings.auth.mode == auth::Mode::none) {
    conflicts.push_back({{"auth.certificates", "auth.mode"},
                         "auth.certificates is for auth.mode jwt: with none everybody may do "
                         "everything"});
  }
  const auto https = [](const net::ListenAddress& a) { return a.scheme == net::Scheme::https; };
  if (settings.net.tls.client_ca.empty()) {
    conflicts.push_back({{"auth.certificates", "tls.client_ca"},
                         "no client is asked for a certificate: name the CA that signs them in "
                         "tls.client_ca"});
  } else if (std::none_of(settings.net.listen.begin(), settings.net.listen.end(), https)) {
    conflicts.push_back({{"auth.certificates", "server.listen"},
                         "no client can show a certificate: none of the listeners is https://"});
  }
}

void check_redis(const Settings& settings, std::vector<Conflict>& conflicts) {
  const backbone::RedisOptions& redis = settings.backbone.redis;
  const auto address = backbone::parse_redis_address(redis.url);
  if (!address) return;
  if (!redis.sentinels.empty() && !address->path.empty()) {
    conflicts.push_back({{"backbone.redis.url", "backbone.redis.sentinels"},
                         "Sentinels name hosts, but backbone.redis.url is a socket of this "
                         "machine: leave one of them out"});
  }
  if (settings.backbone.type != backbone::Type::redis) return;
  if (!address->tls && redis.tls != backbone::RedisTlsOptions{}) {
    conflicts.push_back(
        {{"backbone.redis.url", "backbone.redis.tls_ca", "backbone.redis.tls_certificate",
          "backbone.redis.tls_key", "backbone.redis.tls_server_name"},
         "backbone.redis.tls_… is for TLS, which backbone.redis.url does not ask for: write "
         "rediss://"});
  }
  if (redis.tls.certificate.empty() != redis.tls.key.empty()) {
    conflicts.push_back({{"backbone.redis.tls_certificate", "backbone.redis.tls_key"},
                         "a certificate and its private key belong together: name both, or none"});
  }
}

}  // namespace

std::vector<Conflict> check_relations(const Settings& settings) {
  std::vector<Conflict> conflicts;
  check_timeouts(settings, conflicts);
  check_sizes(settings, conflicts);
  check_memory(settings, conflicts);
  check_boards(settings, conflicts);
  check_addresses(settings, conflicts);
  check_certificates(settings, conflicts);
  check_proxies(settings, conflicts);
  check_open(settings, conflicts);
  check_tokens(settings, conflicts);
  check_client_certificates(settings, conflicts);
  check_redis(settings, conflicts);
  return conflicts;
}

}  // namespace gateway::config
