// What: the gateway that a command line names: the URL of its events, whom to trust, and what to
// show. Pure but for one question, whether certs/ca.crt is there. Thread: values.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "client/token.h"

namespace gateway::client {

struct Target {
  /// "https://localhost:8443/events", without a query.
  std::string url;
  /// The file of the CAs to trust; empty: the system's.
  std::string ca_file;
  /// This very machine: no proxy leads there.
  bool loopback = false;
  Token token = {};
  /// A certificate to show and its private key, PEM files; both or, empty, none.
  std::string cert_file = {};
  std::string key_file = {};

  /// A 401 may mean that the connection's certificate has expired. The gateway has ended the
  /// connection then, and the next one shows what the file holds by now.
  bool may_be_renewed() const { return !cert_file.empty() && token.empty(); }
};

/// `url` is http:// or https://, without query and fragment; no path means /events. `ca_file` is
/// what the user named; where that is nothing, certs/ca.crt vouches for loopback hosts if it is
/// there.
base::Result<Target> parse_target(const std::string& url, const std::string& ca_file);

/// Adds `name=value`, percent-encoded, to a URL or to the query it has.
void add_query(std::string& url, std::string_view name, std::string_view value);

}  // namespace gateway::client
