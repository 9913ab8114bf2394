// What: the whole effective configuration: the Options of every room and the few settings that
// belong to the process itself. Built by `config::load`, then immutable. Thread: plain value.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "api/options.h"
#include "auth/options.h"
#include "backbone/options.h"
#include "base/log.h"
#include "broker/options.h"
#include "http/options.h"
#include "net/options.h"

namespace gateway::config {

struct ServerSettings {
  /// Worker threads; 0: one per core. At most broker::kHubsMax.
  std::uint32_t workers = 0;
  /// From the stop signal (after drain_delay) to the exit at the latest; streams end evenly within
  /// it.
  std::chrono::milliseconds drain{30'000};
  /// Not ready, but still accepting, for this long first: load balancers notice.
  std::chrono::milliseconds drain_delay{5'000};
  /// Heap of the process, history.total_bytes in it; 0: by what the machine and its cgroup have.
  std::size_t memory = 0;
  /// Whom the process becomes once its ports are bound and its keys are read; empty: nobody else.
  std::string user;
};

struct Settings {
  ServerSettings server;
  net::Options net;
  http::Options http;
  broker::Options broker;
  backbone::Options backbone;
  auth::Options auth;
  api::Options api;
  net::ListenAddress admin{net::Scheme::http, "127.0.0.1", 9901};
  base::LogOptions log;
  /// Without tokens (auth.mode none) a listener that is not loopback is refused unless this is
  /// true.
  bool auth_open = false;
};

}  // namespace gateway::config
