#include "client/target.h"

#include <unistd.h>

#include <memory>

#include <curl/curl.h>

#include "base/text.h"

namespace gateway::client {
namespace {

constexpr const char* kDevelopmentCa = "certs/ca.crt";

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

/// A part of the URL as it is written; empty where there is none.
std::string part(const Url& url, CURLUPart what) {
  char* text = nullptr;
  if (curl_url_get(url.get(), what, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, curl_free);
  return text;
}

bool is_loopback(std::string_view host) {
  constexpr std::string_view kBelow = ".localhost";
  return host == "localhost" || host == "[::1]" || host.substr(0, 4) == "127." ||
         (host.size() > kBelow.size() && host.substr(host.size() - kBelow.size()) == kBelow);
}

}  // namespace

base::Result<Target> parse_target(const std::string& url, const std::string& ca_file) {
  const auto wrong = [&url](const char* what) {
    return base::Fail{base::Error{url + ": " + what}};
  };
  const Url parts(curl_url(), curl_url_cleanup);
  const bool parsed = curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
  const std::string scheme = part(parts, CURLUPART_SCHEME);
  if (!parsed || (scheme != "https" && scheme != "http")) {
    return wrong("write https://host:port (or http://)");
  }
  if (url.find_first_of("?#") != std::string::npos) {
    return wrong("leave out the query: options say what to read or publish");
  }
  if (part(parts, CURLUPART_PATH) == "/") {
    curl_url_set(parts.get(), CURLUPART_PATH, "/events", 0);
  }
  Target target{part(parts, CURLUPART_URL), ca_file,
                is_loopback(base::ascii_lower(part(parts, CURLUPART_HOST)))};
  if (target.ca_file.empty() && target.loopback && access(kDevelopmentCa, R_OK) == 0) {
    target.ca_file = kDevelopmentCa;
  }
  return target;
}

void add_query(std::string& url, std::string_view name, std::string_view value) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~,*";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  url += url.find('?') == std::string::npos ? '?' : '&';
  url += name;
  url += '=';
  for (const char c : value) {
    if (kPlain.find(c) != std::string_view::npos) {
      url += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      url += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
}

}  // namespace gateway::client
