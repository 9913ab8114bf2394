#include "auth/gate.h"

#include <utility>

#include "auth/claims.h"
#include "auth/verify.h"
#include "base/log.h"

namespace gateway::auth {
namespace {

base::SipKey draw_secret(base::Random& random) {
  const std::uint64_t low = random.next();
  return {low, random.next()};
}

/// Within them a key that is published when a token first names it has been seen, also when the
/// first of them had begun before.
constexpr std::uint64_t kLooksForKey = 2;

/// A token that is signed counts by one of them exactly when it counts by the other, but for its
/// times, which are looked at each time.
bool judge_alike(const Options& one, const Options& other) {
  return one.mode == other.mode && one.issuer == other.issuer && one.audience == other.audience;
}

}  // namespace

Gate::Gate(const Options& options, std::shared_ptr<const KeySource> keys, const base::Clock& clock,
           base::Random& random)
    : clock_(clock),
      random_(random),
      held_(keys->current()),
      granted_(options.cache_bytes, counters_.granted_bytes),
      refused_(options.cache_bytes / 4, counters_.refused_bytes) {
  use(options, std::move(keys));
}

void Gate::use(const Options& options, std::shared_ptr<const KeySource> keys) {
  KeySource::Held held = keys->current();
  if (!judge_alike(options, options_) || *held.keys != *held_.keys) granted_.clear();
  refused_.clear();  // it remembers how often the former source was looked at
  if (!asks() && options.mode == Mode::jwt) secret_ = draw_secret(random_);
  options_ = options;
  source_ = std::move(keys);
  held_ = std::move(held);
  without_token_ = asks() ? grant_anonymous(options_) : grant_everything();
  certificates_ = CertificateGrants(options_);
  granted_.bound(options_.cache_bytes);
  refused_.bound(options_.cache_bytes / 4);
}

bool Gate::awaits_keys() const {
  return asks() && is_published(options_) && source_->looks() == 0 && held_.keys->others().empty();
}

base::Result<const Grant*, Refusal> Gate::admit(std::string_view token) {
  follow_keys();
  auto found = look(base::sip_hash(secret_, token), token);
  if (found) return found;
  const Refusal& refusal = found.error();
  count(refusal.kind);
  if (refusal.unknown_key) source_->miss();
  return found;
}

base::Result<const Grant*, Refusal> Gate::admit_certificate(std::span<const std::string> names,
                                                            base::WallMs ends) {
  const Grant* const grant = certificates_.find(names, ends);
  if (grant == nullptr) return &without_token_;
  if (!is_over(*grant, options_, clock_.wall_ms())) return grant;
  count(Refusal::Kind::expired);
  BC_LOG(debug, "a certificate was refused", {"why", "it has expired"},
         {"subject", grant->subject});
  return base::Fail{expired(*grant, options_)};
}

void Gate::follow_keys() {
  if (source_->generation() == held_.generation) return;
  held_ = source_->current();
  granted_.clear();
  refused_.clear();
}

base::Result<const Grant*, Refusal> Gate::look(const base::Digest& digest, std::string_view token) {
  const base::WallMs now = clock_.wall_ms();
  if (const Grant* const known = granted(digest, now)) {
    counters_.cached.add();
    return known;
  }
  if (const Refused* const known = refused(digest, now)) return base::Fail{tell(*known)};
  if (vain_.exhausted(clock_.now())) {
    return base::Fail{Refusal{Refusal::Kind::busy, "others have cost too much lately"}};
  }
  auto grant = verify(token, *held_.keys, options_, now);
  if (!grant) return base::Fail{tell(refuse(digest, grant.error()))};
  counters_.verified.add();
  const std::size_t bytes = grant->bytes();
  return &granted_.add(digest, *std::move(grant), bytes);
}

const Grant* Gate::granted(const base::Digest& digest, base::WallMs now) {
  const Grant* const known = granted_.find(digest);
  if (known == nullptr) return nullptr;
  const bool over = is_over(*known, options_, now);
  if (!over && !is_early(*known, options_, now)) return known;
  const Refusal refusal = expired(*known, options_);
  granted_.remove(digest);
  // What is early, for a clock that was set back, is looked at anew.
  if (over) refuse(digest, refusal);
  return nullptr;
}

const Gate::Refused* Gate::refused(const base::Digest& digest, base::WallMs now) {
  const Refused* const known = refused_.find(digest);
  if (known == nullptr || (now >= known->refusal.from && now < known->refusal.until)) return known;
  refused_.remove(digest);
  return nullptr;
}

const Gate::Refused& Gate::refuse(const base::Digest& digest, Refusal refusal) {
  vain_.charge(refusal.signatures, clock_.now());
  const std::size_t bytes = refusal.why.size();
  return refused_.add(digest, {std::move(refusal), source_->looks()}, bytes);
}

// A key that is published elsewhere comes to be used before everybody has seen it.
Refusal Gate::tell(const Refused& refused) const {
  Refusal refusal = refused.refusal;
  const bool may_come = source_->looks() == 0 ||
                        (refusal.unknown_key && source_->looks() < refused.looks + kLooksForKey);
  if (refusal.kind == Refusal::Kind::unsigned_ && is_published(options_) && may_come) {
    refusal.kind = Refusal::Kind::keyless;
  }
  return refusal;
}

void Gate::count(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::malformed:
      return counters_.refused_malformed.add();
    case Refusal::Kind::unsigned_:
      return counters_.refused_signature.add();
    case Refusal::Kind::expired:
      return counters_.refused_expired.add();
    case Refusal::Kind::claims:
      return counters_.refused_claims.add();
    case Refusal::Kind::keyless:
      return counters_.refused_keyless.add();
    case Refusal::Kind::busy:
      return counters_.refused_busy.add();
  }
}

}  // namespace gateway::auth
