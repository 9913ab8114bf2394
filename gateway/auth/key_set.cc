#include "auth/key_set.h"

#include <algorithm>
#include <utility>

#include "auth/key.h"
#include "base/check.h"

namespace gateway::auth {
namespace {

std::string reason(const Jws& jws, bool named, std::size_t tried) {
  const std::string name(to_string(jws.algorithm));
  if (!named && jws.kid) return "no key has the kid " + *jws.kid;
  return tried == 0 ? "no such key is for " + name : "the signature of " + name + " is wrong";
}

}  // namespace

KeySet::KeySet(std::vector<std::shared_ptr<const Key>> keys, std::size_t own)
    : keys_(std::move(keys)), own_(own) {
  BC_CHECK(own_ <= keys_.size(), own_, keys_.size());
}
KeySet::~KeySet() = default;

bool KeySet::operator==(const KeySet& other) const {
  return own_ == other.own_ &&
         std::equal(keys_.begin(), keys_.end(), other.keys_.begin(), other.keys_.end(),
                    [](const auto& a, const auto& b) { return a == b || *a == *b; });
}

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
  const bool unknown = !named || !jws.kid;
  return Refusal{Refusal::Kind::unsigned_, reason(jws, named, tried), unknown, tried};
}

}  // namespace gateway::auth
