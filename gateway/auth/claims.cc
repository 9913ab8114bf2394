#include "auth/claims.h"

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth/json.h"
#include "base/text.h"

namespace gateway::auth {
namespace {

using Checked = std::optional<Refusal>;  // nothing: it is fine

Refusal wrong(std::string why) { return {Refusal::Kind::claims, std::move(why)}; }

/// Seconds since 1970, perhaps with a fraction (RFC 7519 §2), up to the year 9999.
std::optional<base::WallMs> read_time(const json_t* claim) {
  constexpr double kSecondsMax = 253'402'300'799;
  if (!json_is_number(claim)) return std::nullopt;
  const double seconds = json_number_value(claim);
  if (!std::isfinite(seconds) || seconds < 0 || seconds > kSecondsMax) return std::nullopt;
  return static_cast<base::WallMs>(seconds * 1000);
}

base::WallMs leeway_ms(const Options& options) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(options.leeway).count();
}

Checked check_times(const json_t* claims, const Options& options, base::WallMs now, Grant& grant) {
  const json_t* const exp = member(claims, "exp");
  if (exp == nullptr) return wrong("exp is missing");
  const auto ends = read_time(exp);
  if (!ends) return wrong("exp is no time");
  grant.ends = *ends;
  if (is_over(grant, options, now)) return expired(grant, options);
  if (const json_t* const nbf = member(claims, "nbf"); nbf != nullptr) {
    const auto begins = read_time(nbf);
    if (!begins) return wrong("nbf is no time");
    grant.begins = *begins;
    if (is_early(grant, options, now)) {
      Refusal refusal = wrong("nbf is yet to come");
      refusal.until = *begins - leeway_ms(options);
      return refusal;
    }
  }
  const json_t* const iat = member(claims, "iat");
  if (iat != nullptr && !read_time(iat)) return wrong("iat is no time");
  return {};
}

Checked check_issuer(const json_t* claims, const Options& options) {
  const json_t* const iss = member(claims, "iss");
  if (iss != nullptr && !json_is_string(iss)) return wrong("iss is no string");
  if (options.issuer.empty()) return {};
  if (iss == nullptr) return wrong("iss is missing");
  if (text_of(iss) != options.issuer) return wrong("iss is not auth.issuer");
  return {};
}

Checked check_audience(const json_t* claims, const Options& options) {
  const json_t* const aud = member(claims, "aud");
  if (aud == nullptr) {
    if (options.audience.empty()) return {};
    return wrong("aud is missing");
  }
  if (!json_is_string(aud) && !json_is_array(aud)) return wrong("aud is no string and no list");
  bool named = json_is_string(aud) && text_of(aud) == options.audience;
  for (std::size_t i = 0; i < json_array_size(aud); ++i) {
    const json_t* const one = json_array_get(aud, i);
    if (!json_is_string(one)) return wrong("aud lists what is no string");
    named = named || text_of(one) == options.audience;
  }
  if (!named && !options.audience.empty()) return wrong("aud does not name auth.audience");
  return {};
}

Checked read_subject(const json_t* claims, Grant& grant) {
  const json_t* const sub = member(claims, "sub");
  if (sub == nullptr) return {};
  if (!json_is_string(sub)) return wrong("sub is no string");
  const std::string_view subject = text_of(sub);
  if (subject.size() > kSubjectBytesMax || base::has_any_control(subject)) {
    return wrong("sub is longer than 256 bytes, or has a control character");
  }
  grant.subject = subject;
  return {};
}

Checked read_names(const json_t* boards, const char* what, std::vector<std::string>& names) {
  const json_t* const list = member(boards, what);
  if (list == nullptr) return {};
  if (!json_is_array(list)) return wrong(std::string("boards.") + what + " is no list");
  for (std::size_t i = 0; i < json_array_size(list); ++i) {
    const json_t* const one = json_array_get(list, i);
    if (!json_is_string(one) || !is_granted_name(text_of(one))) {
      return wrong(std::string("boards.") + what + " lists what is neither board nor pattern");
    }
    names.emplace_back(text_of(one));
  }
  return {};
}

Checked read_grants(const json_t* claims, Grant& grant) {
  const json_t* const admin = member(claims, "admin");
  if (admin != nullptr && !json_is_boolean(admin)) return wrong("admin is neither true nor false");
  grant.admin = json_is_true(admin);
  const json_t* const boards = member(claims, "boards");
  if (boards == nullptr) return {};
  if (!json_is_object(boards)) return wrong("boards is no object");
  std::vector<std::string> subscribe, publish;
  if (auto refusal = read_names(boards, "subscribe", subscribe)) return refusal;
  if (auto refusal = read_names(boards, "publish", publish)) return refusal;
  grant.subscribe = std::move(subscribe);
  grant.publish = std::move(publish);
  return {};
}

}  // namespace

base::Result<Grant, Refusal> read_claims(std::string_view payload, const Options& options,
                                         base::WallMs now) {
  const JsonPtr json = parse_object(payload);
  if (!json) {
    return base::Fail{wrong("the claims are not one JSON object without repeated members")};
  }
  Grant grant;
  grant.proof = Proof::token;
  const json_t* const claims = json.get();
  Checked refusal = check_times(claims, options, now, grant);
  if (!refusal) refusal = check_issuer(claims, options);
  if (!refusal) refusal = check_audience(claims, options);
  if (!refusal) refusal = read_subject(claims, grant);
  if (!refusal) refusal = read_grants(claims, grant);
  if (refusal) return base::Fail{*std::move(refusal)};
  return grant;
}

base::WallMs last_moment(const Grant& grant, const Options& options) {
  return grant.proof == Proof::token ? grant.ends + leeway_ms(options) : grant.ends;
}

bool is_early(const Grant& grant, const Options& options, base::WallMs now) {
  return grant.begins > now + leeway_ms(options);
}

bool is_over(const Grant& grant, const Options& options, base::WallMs now) {
  return grant.ends != kNever && now >= last_moment(grant, options);
}

Refusal expired(const Grant& grant, const Options& options) {
  Refusal refusal{Refusal::Kind::expired, "exp is over"};
  refusal.from = last_moment(grant, options);
  return refusal;
}

}  // namespace gateway::auth
