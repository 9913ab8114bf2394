// What: the syntax of host names, origins and boards in the configuration. Pure functions.
#pragma once

#include <string_view>

#include "base/result.h"

namespace gateway::config {

/// `localhost`, a name below it, 127.0.0.0/8, or ::1 with or without brackets.
bool is_loopback_host(std::string_view host);

/// A host as it stands in a URL: a lower-case name, an IPv4 address or an IPv6 one in brackets.
base::Result<base::Unit> check_host(std::string_view host);
/// A host, or `*.` and a name: every host below it.
base::Result<base::Unit> check_host_pattern(std::string_view pattern);

/// An origin as browsers write it (RFC 6454 §6.2): http or https, a host, a port only where it is
/// not the scheme's own, nothing behind; or a loopback host with the port `*`.
base::Result<base::Unit> check_origin(std::string_view origin);

/// UTF-8 without control characters, 1 KiB at most; may be empty.
base::Result<base::Unit> check_text(std::string_view text);
/// The same without spaces; may be empty.
base::Result<base::Unit> check_user_name(std::string_view name);
/// The name of a file, or an https URL without a user; may be empty.
base::Result<base::Unit> check_jwks(std::string_view text);
/// A name that a cookie may have (RFC 6265 §4.1.1); may be empty.
base::Result<base::Unit> check_cookie_name(std::string_view name);

/// The name of one board as publishers may use it, or the beginning of names and a trailing `*`.
base::Result<base::Unit> check_board_pattern(std::string_view pattern);

}  // namespace gateway::config
