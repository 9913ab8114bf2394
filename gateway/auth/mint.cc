#include "auth/mint.h"

#include "auth/claims.h"
#include "auth/grant.h"
#include "auth/json.h"
#include "auth/key.h"
#include "base/text.h"

namespace gateway::auth {
namespace {

/// A list of names, or the one that is neither board nor pattern.
base::Result<std::string> name_list(const std::vector<std::string>& names) {
  std::string json = "[";
  for (const std::string& name : names) {
    if (!is_granted_name(name) || !base::is_utf8(name)) {
      return base::Fail{base::Error{base::json_string(name) +
                                    " is neither a board nor a prefix with * at its end"}};
    }
    if (json.size() > 1) json += ',';
    base::append_json_string(json, name);
  }
  return json + ']';
}

void append_text(std::string& json, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  json += ",\"" + std::string(name) + "\":";
  base::append_json_string(json, value);
}

}  // namespace

base::Result<std::string> mint(const KeyFile& key, const TokenWish& wish, base::WallMs now) {
  const auto subscribe = name_list(wish.subscribe);
  if (!subscribe) return base::Fail{subscribe.error()};
  const auto publish = name_list(wish.publish);
  if (!publish) return base::Fail{publish.error()};
  const auto signing = load_signing_key(key);
  if (!signing) return base::Fail{signing.error()};
  const std::int64_t seconds = now / 1000;
  std::string claims = "{\"iat\":" + std::to_string(seconds) +
                       ",\"exp\":" + std::to_string(seconds + wish.ttl.count());
  append_text(claims, "sub", wish.subject);
  append_text(claims, "iss", wish.issuer);
  append_text(claims, "aud", wish.audience);
  claims += ",\"boards\":{\"subscribe\":" + *subscribe + ",\"publish\":" + *publish + '}';
  if (wish.admin) claims += ",\"admin\":true";
  claims += '}';
  Options asked;
  asked.issuer = wish.issuer;
  asked.audience = wish.audience;
  if (const auto counts = read_claims(claims, asked, now); !counts) {
    return base::Fail{base::Error{"the token would not count: " + counts.error().why}};
  }
  auto token = signing->sign(claims);
  if (token && token->size() > kTokenBytesMax) {
    return base::Fail{
        base::Error{"the token would be longer than 8 KiB: grant fewer names, or "
                    "prefixes that cover them"}};
  }
  return token;
}

}  // namespace gateway::auth
