// What: one worker's question who somebody is: a token to what it grants, by the key set that holds
// now and by what was found out lately; or a certificate, which TLS has verified. A token costs its
// signature once, whether it counts or not, and those that do not are bounded in what they cost
// together. Owner: the worker. Thread: the worker's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "auth/certificate_grants.h"
#include "auth/grant.h"
#include "auth/key_source.h"
#include "auth/options.h"
#include "auth/refusal.h"
#include "auth/remembered.h"
#include "auth/vain_work.h"
#include "base/clock.h"
#include "base/counter.h"
#include "base/random.h"
#include "base/result.h"

namespace gateway::auth {

/// Cells of one gate. Refusals count what asked and was not let in, by reason.
struct Counters {
  base::Counter verified;     // tokens whose signature was computed, and fits
  base::Counter cached;       // tokens known from before
  base::Gauge granted_bytes;  // what is remembered of those that count, by estimate
  base::Gauge refused_bytes;  // and of those that do not
  base::Counter refused_missing;
  base::Counter refused_malformed;
  base::Counter refused_signature;
  base::Counter refused_expired;
  base::Counter refused_claims;
  base::Counter refused_keyless;
  base::Counter refused_busy;
  base::Counter refused_origin;  // a cookie that was to authorize a write
  base::Counter refused_grant;   // what the grant does not cover
};

class Gate {
 public:
  /// `keys`: never null. The references outlive it.
  Gate(const Options& options, std::shared_ptr<const KeySource> keys, const base::Clock& clock,
       base::Random& random);

  /// Goes on by these, between two requests. What was found out about tokens is forgotten where it
  /// might be another finding now.
  void use(const Options& options, std::shared_ptr<const KeySource> keys);

  /// Somebody is asked for a token.
  bool asks() const { return options_.mode == Mode::jwt; }
  /// Its keys are published elsewhere, did not come yet, and there are none from before.
  bool awaits_keys() const;
  const Options& options() const { return options_; }
  /// Of those without a token. Lives until the next `use`.
  const Grant& without_token() const { return without_token_; }
  /// The grant lives until the next call. Counts what it refuses.
  base::Result<const Grant*, Refusal> admit(std::string_view token);
  /// The same for a certificate that goes by `names`, until `ends`. One that nothing is granted to
  /// is as good as none; one that is over is refused, however long its connection lasts.
  base::Result<const Grant*, Refusal> admit_certificate(std::span<const std::string> names,
                                                        base::WallMs ends);

  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }

 private:
  struct Refused {
    Refusal refusal;
    std::uint64_t looks = 0;  // at what is published, when it was refused first
  };

  void follow_keys();
  base::Result<const Grant*, Refusal> look(const base::Digest& digest, std::string_view token);
  const Grant* granted(const base::Digest& digest, base::WallMs now);
  const Refused* refused(const base::Digest& digest, base::WallMs now);
  const Refused& refuse(const base::Digest& digest, Refusal refusal);
  /// With the kind that it has now.
  Refusal tell(const Refused& refused) const;
  void count(Refusal::Kind kind);

  Options options_;
  std::shared_ptr<const KeySource> source_;
  const base::Clock& clock_;
  base::Random& random_;
  Grant without_token_;
  CertificateGrants certificates_;
  KeySource::Held held_;
  base::SipKey secret_{};
  Counters counters_;
  Remembered<Grant> granted_;
  Remembered<Refused> refused_;
  VainWork vain_;
};

}  // namespace gateway::auth
