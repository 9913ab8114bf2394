#include "auth/verify.h"

#include <utility>

#include "auth/claims.h"
#include "auth/jws.h"

namespace gateway::auth {

base::Result<Grant, Refusal> verify(std::string_view token, const KeySet& keys,
                                    const Options& options, base::WallMs now) {
  const auto jws = parse_jws(token);
  if (!jws) return base::Fail{jws.error()};
  if (auto refusal = keys.check(*jws)) return base::Fail{*std::move(refusal)};
  auto grant = read_claims(jws->payload, options, now);
  if (grant) return grant;
  Refusal refusal = grant.error();
  refusal.signatures = 1;
  return base::Fail{std::move(refusal)};
}

}  // namespace gateway::auth
