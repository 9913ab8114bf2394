// What: the keys that tokens may be signed with, as one immutable object: a change of keys is
// another set. Owner: shared by whoever verifies with it. Thread: any number at once. Invariant: no
// two keys have both algorithm and kid in common, except those without a kid.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/jws.h"
#include "auth/options.h"
#include "auth/refusal.h"
#include "base/result.h"

namespace gateway::auth {

class Key;

class KeySet {
 public:
  /// The first `own` are those of auth.keys, the others those of auth.jwks.
  KeySet(std::vector<std::shared_ptr<const Key>> keys, std::size_t own);
  ~KeySet();
  KeySet(const KeySet&) = delete;
  KeySet& operator=(const KeySet&) = delete;

  /// Nothing when one of the keys has signed it. A token that names a key is held against that one
  /// alone, compared byte for byte; one that names none against those of its algorithm, at most
  /// kKeysTriedMax.
  std::optional<Refusal> check(const Jws& jws) const;
  const std::vector<std::shared_ptr<const Key>>& keys() const { return keys_; }
  /// Those of auth.jwks.
  std::span<const std::shared_ptr<const Key>> others() const {
    return std::span(keys_).subspan(own_);
  }
  /// The same keys, in the same order.
  bool operator==(const KeySet& other) const;

 private:
  const std::vector<std::shared_ptr<const Key>> keys_;
  const std::size_t own_;
};

/// The text of a file of keys. The error says why there is none.
base::Result<std::string> read_key_file(const std::string& file);
/// Reads all files of `options`; what is published elsewhere is not asked for. Each error is a
/// line: which key of the configuration, what is wrong with it and what to do.
base::Result<std::shared_ptr<const KeySet>, std::vector<std::string>> load_key_set(
    const Options& options);
/// The keys of `own` and those of a JWK Set, `text`, that somebody else publishes: public ones. The
/// log says which are passed over, and why; the error, why there is none.
base::Result<std::shared_ptr<const KeySet>> with_published(const KeySet& own,
                                                           const std::string& text);
/// The keys of `own` and those of auth.jwks in `former`, until newer ones have come.
std::shared_ptr<const KeySet> with_kept(const KeySet& own, const KeySet& former);

}  // namespace gateway::auth
