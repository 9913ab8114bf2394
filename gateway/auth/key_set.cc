#include "auth/key_set.h"

#include <utility>

#include "auth/key.h"

namespace gateway::auth {
namespace {

Refusal not_signed(std::string why) { return {Refusal::Kind::unsigned_, std::move(why)}; }

}  // namespace

KeySet::KeySet(std::vector<std::shared_ptr<const Key>> keys) : keys_(std::move(keys)) {}
KeySet::~KeySet() = default;

std::optional<Refusal> KeySet::check(const Jws& jws) const {
  bool named = false;
  std::size_t tried = 0;
  for (const auto& key : keys_) {
    if (jws.kid && *jws.kid != key->kid()) continue;
    named = true;
    if (key->algorithm() != jws.algorithm || tried == kKeysTriedMax) continue;
    ++tried;
    if (key->verifies(jws)) return std::nullopt;
  }
  const std::string name(to_string(jws.algorithm));
  if (!named && jws.kid) {
    return Refusal{Refusal::Kind::unsigned_, "no key has the kid " + *jws.kid, true};
  }
  if (tried == 0) return not_signed("no such key is for " + name);
  return not_signed("the signature of " + name + " is wrong");
}

}  // namespace gateway::auth
