// What: from the text of a token to what it grants: form, then signature, then claims, so that
// nothing a stranger wrote is believed and whoever cannot sign learns nothing of what is asked of
// claims. Thread: pure functions.
#pragma once

#include <string_view>

#include "auth/grant.h"
#include "auth/key_set.h"
#include "auth/options.h"
#include "auth/refusal.h"
#include "base/clock.h"
#include "base/result.h"

namespace gateway::auth {

/// `now`: the wall clock.
base::Result<Grant, Refusal> verify(std::string_view token, const KeySet& keys,
                                    const Options& options, base::WallMs now);

}  // namespace gateway::auth
