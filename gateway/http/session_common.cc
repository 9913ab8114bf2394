#include "http/session_common.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace gateway::http {

namespace {

constexpr std::array<std::string_view, 8> kKeptFields = {
    "accept",         "access-control-request-method",
    "authorization",  "content-type",
    "content-length", "host",
    "last-event-id",  "origin",
};

constexpr std::array<std::string_view, 6> kConnectionFields = {
    "connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade",
};

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// RFC 3986 §3.2.2 and §3.2.3 without user information, which http(s) does not allow.
bool is_authority(std::string_view text) {
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=:[]%";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

std::string_view without_port(std::string_view authority) {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos) return authority;
  if (bracket != std::string_view::npos && colon < bracket) return authority;
  // "::1" without brackets is an address, not a host with a port.
  if (bracket == std::string_view::npos && authority.find(':') != colon) return authority;
  return authority.substr(0, colon);
}

// A target never carries a fragment, white space or control characters (RFC 9112 §3.2).
bool is_target_text(std::string_view target) {
  return std::none_of(target.begin(), target.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7F || c == '#';
  });
}

std::size_t scheme_bytes(std::string_view target) {
  for (const std::string_view scheme :
       {std::string_view("http://"), std::string_view("https://")}) {
    if (base::ascii_equal_ignore_case(target.substr(0, scheme.size()), scheme)) {
      return scheme.size();
    }
  }
  return 0;
}

}  // namespace

RequestBuilder::RequestBuilder(const Options& options, Protocol protocol, bool tls)
    : options_(options) {
  request_.protocol = protocol;
  request_.tls = tls;
}

RequestBuilder::Size RequestBuilder::add(std::string_view name, std::string_view value) {
  bytes_ += name.size() + value.size() + kFieldOverhead;
  if (name != "cookie") ++counted_fields_;
  if (bytes_ > 2 * options_.header_bytes) return Size::far_over;
  if (bytes_ > options_.header_bytes || counted_fields_ > options_.header_fields) return Size::over;

  if (name == ":method") {
    set_method(value);
  } else if (name == ":path") {
    set_target(value);
  } else if (name == ":authority") {
    take_authority(value);
  } else if (name == "cookie") {
    keep_cookie(value);
  } else if (is_one_of(name, kKeptFields)) {
    if (name == "host") take_host(value);
    keep(name, value);
  }
  return Size::fits;
}

void RequestBuilder::set_method(std::string_view method) { request_.method = method; }

void RequestBuilder::set_target(std::string_view target) {
  if (target.size() > options_.url_bytes) {
    target_too_long_ = true;
    return;
  }
  target_broken_ = target.empty() || !is_target_text(target);
  // In HTTP/2 the scheme and the authority have fields of their own (RFC 9113 §8.3.1).
  const bool may_be_absolute = request_.protocol == Protocol::http1;
  if (const std::size_t scheme = scheme_bytes(target); may_be_absolute && scheme > 0) {
    target.remove_prefix(scheme);
    const std::size_t authority_end = std::min(target.find_first_of("/?"), target.size());
    target_is_absolute_ = true;
    take_authority(target.substr(0, authority_end));
    target.remove_prefix(authority_end);
    if (target.empty() || target.front() == '?') request_.path = "/";
  } else if (!target.empty() && target.front() != '/' && target != "*") {
    target_broken_ = true;
  }
  const std::size_t mark = std::min(target.find('?'), target.size());
  request_.path += target.substr(0, mark);
  if (mark < target.size()) request_.query = target.substr(mark + 1);
}

void RequestBuilder::take_authority(std::string_view value) {
  has_authority_ = true;
  request_.authority = base::ascii_lower(value);
}

void RequestBuilder::take_host(std::string_view value) {
  ++hosts_;
  host_ = base::ascii_lower(value);
}

/// RFC 6265 §4.2: name=value pairs with "; " between them. A page's other cookies may be many times
/// as long as all that is read, and a browser opens hundreds of streams with them.
void RequestBuilder::keep_cookie(std::string_view pairs) {
  if (options_.cookie.empty()) return;
  for (const std::string_view part : base::split(pairs, ';')) {
    const std::string_view pair = base::trim_ows(part);
    if (pair.starts_with(options_.cookie) && pair.substr(options_.cookie.size()).starts_with('=')) {
      keep("cookie", pair);
    }
  }
}

void RequestBuilder::keep(std::string_view name, std::string_view value) {
  for (Field& field : kept_) {
    if (field.name != name) continue;
    field.value += name == "cookie" ? "; " : ", ";  // RFC 9113 §8.2.3
    field.value += value;
    return;
  }
  kept_.push_back({std::string(name), std::string(value)});
}

std::optional<Refusal> RequestBuilder::check() const {
  if (bytes_ > options_.header_bytes || counted_fields_ > options_.header_fields) {
    return Refusal{431, "The request's header fields are too many or too large."};
  }
  if (request_.method == "CONNECT") return Refusal{501, "CONNECT is not supported."};
  if (target_too_long_) return Refusal{414, "The URL is too long."};
  if (target_broken_) return Refusal{400, "The request target is not a valid path and query."};
  if (request_.path == "*" && request_.method != "OPTIONS") {
    return Refusal{400, "Only OPTIONS may ask for the target *."};
  }
  return check_authority();
}

std::optional<Refusal> RequestBuilder::check_authority() const {
  if (hosts_ > 1) return Refusal{400, "The request carries more than one Host field."};
  if (request_.protocol == Protocol::http1 && hosts_ == 0 && !host_may_miss_) {
    return Refusal{400, "The request carries no Host field."};
  }
  const std::string& authority = has_authority_ ? request_.authority : host_;
  const bool may_be_empty = host_may_miss_ && hosts_ == 0 && !has_authority_;
  if (!may_be_empty && !is_authority(authority)) {
    return Refusal{400, "The request names no valid host."};
  }
  // An absolute-form target overrides Host (RFC 9112 §3.2.2); :authority has to agree with it.
  if (has_authority_ && !target_is_absolute_ && hosts_ == 1 && host_ != authority) {
    return Refusal{400, "Host differs from :authority."};
  }
  if (!host_is_served(authority, options_.hosts)) {
    return Refusal{421,
                   "This server does not answer for the host named in the request; server.hosts "
                   "lists those it does."};
  }
  return std::nullopt;
}

Request RequestBuilder::take() {
  if (!has_authority_) request_.authority = std::move(host_);
  for (Field& field : kept_) request_.fields.add(std::move(field.name), std::move(field.value));
  kept_.clear();
  return std::move(request_);
}

bool host_is_served(std::string_view authority, const std::vector<std::string>& hosts) {
  const std::string_view host = without_port(authority);
  return hosts.empty() || std::any_of(hosts.begin(), hosts.end(), [host](std::string_view ours) {
           if (ours.substr(0, 2) != "*.") return base::ascii_equal_ignore_case(host, ours);
           const std::string_view below = ours.substr(1);
           return host.size() > below.size() &&
                  base::ascii_equal_ignore_case(host.substr(host.size() - below.size()), below);
         });
}

bool has_content(std::string_view method, int status) {
  return method != "HEAD" && status >= 200 && status != 204 && status != 304;
}

void complete_fields(Response& response, std::optional<std::size_t> length, std::string_view date) {
  response.fields.add("date", std::string(date));
  const bool may_carry = response.status >= 200 && response.status != 204 && response.status != 304;
  if (length && may_carry) {
    response.fields.add("content-length", std::to_string(*length));
  }
  response.fields.blank_controls();
}

bool is_connection_field(std::string_view name) { return is_one_of(name, kConnectionFields); }

void count_response(SessionCounters& counters, int status) {
  switch (status / 100) {
    case 2:
      counters.responses_2xx.add();
      break;
    case 3:
      counters.responses_3xx.add();
      break;
    case 4:
      counters.responses_4xx.add();
      break;
    default:
      counters.responses_5xx.add();
      break;
  }
}

}  // namespace gateway::http
