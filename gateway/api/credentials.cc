#include "api/credentials.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/text.h"

namespace gateway::api {
namespace {

constexpr std::string_view kParameter = "access_token";

constexpr std::string_view kScheme = "bearer";

/// "Bearer <token>", the scheme in any case (RFC 9110 §11.1). Other schemes are for a proxy.
bool is_bearer(std::string_view field) {
  const std::string_view behind = field.substr(std::min(field.size(), kScheme.size()));
  return base::ascii_equal_ignore_case(field.substr(0, kScheme.size()), kScheme) &&
         (behind.empty() || behind.front() == ' ');
}

/// One that is too long stays too long, and no more of it is kept.
std::string keep(std::string_view token) {
  return std::string(token.substr(0, auth::kTokenBytesMax + 1));
}

std::string bearer_token(std::string_view field) {
  return keep(base::trim_ows(field.substr(kScheme.size())));
}

/// The only one of several values; empty when there are more, since nobody can say which is meant.
class Only {
 public:
  void add(std::string_view value) { value_ = count_++ == 0 ? keep(value) : std::string(); }
  bool any() const { return count_ > 0; }
  std::string take() { return std::move(value_); }

 private:
  std::string value_;
  std::size_t count_ = 0;
};

bool is_token_parameter(std::string_view pair) {
  return pair.substr(0, pair.find('=')) == kParameter;
}

Only token_of_query(std::string_view query) {
  Only token;
  if (query.find(kParameter) == std::string_view::npos) return token;
  for (const std::string_view pair : base::split(query, '&')) {
    if (is_token_parameter(pair))
      token.add(pair.substr(std::min(pair.size(), kParameter.size() + 1)));
  }
  return token;
}

/// RFC 6265 §4.2: name=value pairs with "; " between them; a value may stand in quotes.
Only token_of_cookies(std::string_view cookies, std::string_view name) {
  Only token;
  for (const std::string_view part : base::split(cookies, ';')) {
    const std::string_view pair = base::trim_ows(part);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    std::string_view value = pair.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    if (!value.empty()) token.add(value);  // one that was taken back
  }
  return token;
}

}  // namespace

Credentials find_credentials(const http::Request& request, const auth::Options& options) {
  using Place = Credentials::Place;
  const http::Fields& fields = request.fields;
  if (is_bearer(fields.get("authorization"))) {
    return {Place::authorization, bearer_token(fields.get("authorization"))};
  }
  if (options.query_token) {
    if (Only token = token_of_query(request.query); token.any())
      return {Place::query, token.take()};
  }
  if (!options.cookie.empty() && fields.has("cookie")) {
    Only token = token_of_cookies(fields.get("cookie"), options.cookie);
    if (token.any()) return {Place::cookie, token.take()};
  }
  return {};
}

std::string without_token(std::string_view query) {
  std::string rest;
  for (const std::string_view pair : base::split(query, '&')) {
    if (is_token_parameter(pair)) continue;
    if (!rest.empty()) rest += '&';
    rest += pair;
  }
  return rest;
}

}  // namespace gateway::api
