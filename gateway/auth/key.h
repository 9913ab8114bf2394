// What: one key, strong enough and bound to one algorithm for good: whatever a token says, no other
// algorithm is tried with it (RFC 8725 §3.1). Through cjose, which is seen in key.cc alone. For the
// files of this room alone. Thread: immutable; several may verify at once.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "auth/algorithm.h"
#include "auth/jws.h"
#include "auth/key_parts.h"
#include "auth/options.h"
#include "base/result.h"

namespace gateway::auth {

class Key {
 public:
  enum class Use : std::uint8_t { verify, sign };
  /// `kid`: empty: none. The error says why the key is refused: it is not of the algorithm's kind
  /// or curve, a secret shorter than the algorithm's hash, RSA below 2048 or above 8192 bits, a
  /// public exponent that signs nothing. Keeps the private part only to sign.
  static base::Result<Key> make(const KeyParts& parts, Algorithm algorithm, std::string kid,
                                Use use);
  ~Key();
  Key(Key&&) noexcept;
  Key& operator=(Key&&) noexcept;

  Algorithm algorithm() const { return algorithm_; }
  const std::string& kid() const { return kid_; }
  /// Whatever is signed with one of them the other verifies, by the same name.
  bool operator==(const Key& other) const;
  /// The signature is this key's, over all that precedes it. `jws.algorithm` is this key's.
  bool verifies(const Jws& jws) const;
  /// The whole token: the header with alg, typ and, if there is one, kid. Nothing when the library
  /// fails.
  base::Result<std::string> sign(std::string_view payload) const;

 private:
  struct Handle;
  Key(std::unique_ptr<Handle> handle, Algorithm algorithm, std::string kid,
      std::size_t signature_bytes);

  std::unique_ptr<Handle> handle_;
  Algorithm algorithm_;
  std::string kid_;
  std::size_t signature_bytes_;
};

/// The key in `file`, to sign with. The algorithm of an RSA key that is said nowhere is RS256, of a
/// secret HS256. The error is a sentence that names the file.
base::Result<Key> load_signing_key(const KeyFile& file);

}  // namespace gateway::auth
