// What: what a signed token claims (RFC 7519 §4), checked: `exp` has to be there, times, issuer and
// audience have to fit, and what is granted has to be well-formed as a whole. Thread: a pure
// function.
#pragma once

#include <string_view>

#include "auth/grant.h"
#include "auth/options.h"
#include "auth/refusal.h"
#include "base/clock.h"
#include "base/result.h"

namespace gateway::auth {

/// `payload`: of a token whose signature was verified. `now`: the wall clock.
base::Result<Grant, Refusal> read_claims(std::string_view payload, const Options& options,
                                         base::WallMs now);

/// A grant that ended, even for a clock that is late by options.leeway.
bool is_over(const Grant& grant, const Options& options, base::WallMs now);
/// What is said then.
Refusal expired(const Grant& grant, const Options& options);

}  // namespace gateway::auth
