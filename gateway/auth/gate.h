// What: one worker's question who somebody is: a token to what it grants, by the key set that holds
// now and by what was verified lately. Owner: the worker. Thread: the worker's.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "auth/grant.h"
#include "auth/key_source.h"
#include "auth/options.h"
#include "auth/refusal.h"
#include "auth/token_cache.h"
#include "base/clock.h"
#include "base/counter.h"
#include "base/random.h"
#include "base/result.h"

namespace gateway::auth {

/// Cells of one gate. Refusals count what asked and was not let in, by reason.
struct Counters {
  base::Counter verified;  // tokens whose signature was computed, and fits
  base::Counter cached;    // tokens known from before
  base::Counter refused_missing;
  base::Counter refused_malformed;
  base::Counter refused_signature;
  base::Counter refused_expired;
  base::Counter refused_claims;
  base::Counter refused_origin;  // a cookie that was to authorize a write
  base::Counter refused_grant;   // what the grant does not cover
};

class Gate {
 public:
  /// All references outlive it.
  Gate(const Options& options, const KeySource& keys, const base::Clock& clock,
       base::Random& random);

  /// Somebody is asked for a token.
  bool asks() const { return options_.mode == Mode::jwt; }
  const Options& options() const { return options_; }
  /// Of those without a token. Lives as long as the gate.
  const Grant& without_token() const { return without_token_; }
  /// The grant lives until the next call. Counts what it refuses.
  base::Result<const Grant*, Refusal> admit(std::string_view token);

  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }

 private:
  void follow_keys();
  const Grant* recall(const base::Digest& digest, base::WallMs now);
  void count(Refusal::Kind kind);

  const Options& options_;
  const KeySource& source_;
  const base::Clock& clock_;
  const Grant without_token_;
  KeySource::Held held_;
  TokenCache cache_;
  Counters counters_;
};

}  // namespace gateway::auth
