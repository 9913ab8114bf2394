#include "config/names.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <optional>
#include <string>

#include "base/text.h"
#include "broker/options.h"

namespace gateway::config {
namespace {

constexpr std::size_t kCookieBytesMax = 256;

base::Fail<base::Error> fail(std::string_view what) {
  return base::Fail{base::Error{std::string(what)}};
}

/// Browsers compare text, so only the shortest form of an IPv6 address (RFC 5952) can ever match.
bool is_canonical_ipv6(std::string_view inside) {
  const std::string text(inside);
  in6_addr address{};
  char canonical[INET6_ADDRSTRLEN];
  return inet_pton(AF_INET6, text.c_str(), &address) == 1 &&
         inet_ntop(AF_INET6, &address, canonical, sizeof canonical) != nullptr && text == canonical;
}

bool is_ipv4(std::string_view host) {
  in_addr address{};
  return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
}

bool is_name(std::string_view host) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), good) &&
         host.front() != '.' && host.find("..") == std::string_view::npos;
}

std::optional<std::string_view> after(std::string_view text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return std::nullopt;
  return text.substr(prefix.size());
}

base::Result<base::Unit> check_port(std::string_view port, std::string_view host, bool secure) {
  if (port == "*") {
    if (is_loopback_host(host)) return base::Unit{};
    return fail("only a loopback host (localhost, 127.0.0.1, [::1]) may have the port *");
  }
  const std::optional<std::uint64_t> number = base::parse_decimal(port);
  if (!number || *number == 0 || *number > 65'535 || port.front() == '0') {
    return fail("the port must be a number from 1 to 65535");
  }
  if (*number == (secure ? 443U : 80U)) {
    return fail("browsers leave the scheme's own port out of an origin; leave it out here too");
  }
  return base::Unit{};
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  constexpr std::string_view kBelow = ".localhost";
  if (host == "localhost" || host == "::1" || host == "[::1]") return true;
  if (host.size() > kBelow.size() && host.substr(host.size() - kBelow.size()) == kBelow) {
    return true;
  }
  return is_ipv4(host) && host.substr(0, 4) == "127.";
}

base::Result<base::Unit> check_host(std::string_view host) {
  if (host.substr(0, 1) == "[") {
    if (host.size() > 2 && host.back() == ']' &&
        is_canonical_ipv6(host.substr(1, host.size() - 2))) {
      return base::Unit{};
    }
    return fail("not an IPv6 address in its shortest form, such as [::1]");
  }
  if (is_name(host)) return base::Unit{};
  if (host != base::ascii_lower(host)) return fail("write hosts in lower case");
  if (host.find(':') != std::string_view::npos) return fail("a host alone: no scheme, no port");
  return fail("not a host name (international names in their xn-- form)");
}

base::Result<base::Unit> check_host_pattern(std::string_view pattern) {
  const bool below = pattern.substr(0, 2) == "*.";
  if (below && pattern.substr(2, 1) == "[") return fail("no host lies below an address");
  return check_host(below ? pattern.substr(2) : pattern);
}

base::Result<base::Unit> check_origin(std::string_view origin) {
  if (origin == "*") {
    return fail(
        "every origin at once is refused: any web page could read what its visitor may read; list "
        "the origins of your own pages");
  }
  const std::optional<std::string_view> https = after(origin, "https://");
  const std::optional<std::string_view> rest = https ? https : after(origin, "http://");
  if (!rest) return fail("must begin with https:// or http://, such as https://app.example.com");
  if (rest->find_first_of("/?#@") != std::string_view::npos) {
    return fail("must end after the host or port: no path, no slash, no user");
  }
  const std::size_t colon =
      rest->find(':', rest->find(']') == std::string_view::npos ? 0 : rest->find(']'));
  const std::string_view host = rest->substr(0, colon);
  if (base::Result<base::Unit> checked = check_host(host); !checked) return checked;
  if (colon == std::string_view::npos) return base::Unit{};
  return check_port(rest->substr(colon + 1), host, https.has_value());
}

base::Result<base::Unit> check_text(std::string_view text) {
  constexpr std::size_t kTextBytesMax = 1024;
  if (text.size() > kTextBytesMax) return fail("longer than 1 KiB");
  if (!base::is_utf8(text)) return fail("not UTF-8 text");
  if (base::has_any_control(text)) return fail("a control character");
  return base::Unit{};
}

base::Result<base::Unit> check_user_name(std::string_view name) {
  if (name.find(' ') != std::string_view::npos) return fail("a name has no spaces");
  return check_text(name);
}

base::Result<base::Unit> check_jwks(std::string_view text) {
  if (base::Result<base::Unit> checked = check_text(text); !checked) return checked;
  if (text.find("://") == std::string_view::npos) return base::Unit{};
  const std::optional<std::string_view> rest = after(text, "https://");
  if (!rest) return fail("keys come by https:// alone: whoever is in between could change them");
  const std::string_view authority = rest->substr(0, rest->find_first_of("/?#"));
  if (authority.empty()) return fail("a URL without a host");
  if (authority.find('@') != std::string_view::npos) return fail("no user, no password in a URL");
  if (rest->find_first_of("# ") != std::string_view::npos)
    return fail("a URL without # and spaces");
  return base::Unit{};
}

base::Result<base::Unit> check_cookie_name(std::string_view name) {
  constexpr std::string_view kSeparators = "()<>@,;:\\\"/[]?={} \t";
  const bool plain = std::all_of(name.begin(), name.end(), [&](char c) {
    return c > ' ' && c < '\x7F' && kSeparators.find(c) == std::string_view::npos;
  });
  if (!plain) return fail("a cookie's name has letters, digits and signs such as - and _");
  if (name.size() > kCookieBytesMax) return fail("longer than 256 bytes");
  return base::Unit{};
}

base::Result<base::Unit> check_board_pattern(std::string_view pattern) {
  if (pattern.empty()) return fail("no board has an empty name");
  if (pattern.size() > broker::kNameBytesMax) {
    return fail("longer than " + std::to_string(broker::kNameBytesMax) + " bytes");
  }
  if (!base::is_utf8(pattern)) return fail("not UTF-8 text");
  if (base::has_any_control(pattern)) return fail("a control character");
  if (pattern.find('*') < pattern.size() - 1) {
    return fail("an asterisk stands only at the end, for every board that begins like this");
  }
  return base::Unit{};
}

}  // namespace gateway::config
