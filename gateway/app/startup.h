// What: from configuration files to everything that can be checked without opening a port. Shared
// by `serve` and `check`, so that what passes the check starts. Thread: main.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "auth/key_set.h"
#include "base/result.h"
#include "config/settings.h"
#include "net/tls.h"

namespace gateway::app {

struct Prepared {
  config::Settings settings;
  std::unique_ptr<net::TlsContext> tls;      // null when no listener speaks TLS
  std::shared_ptr<const auth::KeySet> keys;  // empty when nobody is asked for a token
};

/// Reads, merges and validates `config_files` (none: the development configuration) and loads the
/// certificates and, where tokens are asked for, their keys. The errors are whole lines for the
/// operator.
base::Result<Prepared, std::vector<std::string>> prepare(
    const std::vector<std::string>& config_files);

/// As above without the certificates: what `boardcast config` needs.
base::Result<config::Settings, std::vector<std::string>> load_settings(
    const std::vector<std::string>& config_files);

}  // namespace gateway::app
