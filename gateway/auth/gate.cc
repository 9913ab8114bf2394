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

}  // namespace

Gate::Gate(const Options& options, const KeySource& keys, const base::Clock& clock,
           base::Random& random)
    : options_(options),
      source_(keys),
      clock_(clock),
      without_token_(options.mode == Mode::none ? grant_everything() : grant_anonymous(options)),
      held_(keys.current()),
      cache_(asks() ? draw_secret(random) : base::SipKey{}, options.cache_bytes) {}

base::Result<const Grant*, Refusal> Gate::admit(std::string_view token) {
  follow_keys();
  const base::WallMs now = clock_.wall_ms();
  const base::Digest digest = cache_.digest(token);
  if (const Grant* const known = recall(digest, now)) {
    counters_.cached.add();
    return known;
  }
  auto grant = verify(token, *held_.keys, options_, now);
  if (grant) {
    counters_.verified.add();
    return &cache_.add(digest, *std::move(grant));
  }
  count(grant.error().kind);
  if (grant.error().unknown_key) source_.miss();
  BC_LOG(debug, "a token was refused", {"why", grant.error().why});
  return base::Fail{grant.error()};
}

void Gate::follow_keys() {
  if (source_.generation() == held_.generation) return;
  held_ = source_.current();
  cache_.clear();
}

const Grant* Gate::recall(const base::Digest& digest, base::WallMs now) {
  const Grant* const known = cache_.find(digest);
  if (known == nullptr || !is_over(*known, options_, now)) return known;
  cache_.remove(digest);
  return nullptr;
}

void Gate::count(Refusal::Kind kind) {
  if (kind == Refusal::Kind::malformed) counters_.refused_malformed.add();
  if (kind == Refusal::Kind::unsigned_) counters_.refused_signature.add();
  if (kind == Refusal::Kind::expired) counters_.refused_expired.add();
  if (kind == Refusal::Kind::claims) counters_.refused_claims.add();
}

}  // namespace gateway::auth
