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

/// A grant that is yet to begin, even for a clock that is early by options.leeway.
bool is_early(const Grant& grant, const Options& options, base::WallMs now);
/// Until when a grant counts: a token for options.leeway longer than it says, since it was made by
/// another clock; a certificate not a moment, as in a handshake. It has an end.
base::WallMs last_moment(const Grant& grant, const Options& options);
bool is_over(const Grant& grant, const Options& options, base::WallMs now);
/// What is said then.
Refusal expired(const Grant& grant, const Options& options);

}  // namespace gateway::auth
