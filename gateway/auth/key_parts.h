// What: a key as the numbers it is made of, read from one of the forms in which keys come: JWK
// (RFC 7517, RFC 7518 §6), PEM, or a secret's bytes. Nothing is checked here but the form; `Key`
// judges. For the files of this room alone. Thread: plain values and pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "auth/algorithm.h"
#include "auth/json.h"
#include "base/result.h"

namespace gateway::auth {

/// Bytes, the most significant first; empty: not there.
struct KeyParts {
  KeyKind kind = KeyKind::secret;
  std::string secret;                  // k
  std::string n, e, p, q, dp, dq, qi;  // of RSA
  std::size_t curve_bits = 0;          // of EC: 256, 384 or 521
  std::string x, y;
  std::string d;  // private, of RSA and EC

  /// Has what signing needs.
  bool can_sign() const { return kind == KeyKind::secret || !d.empty(); }
};

/// As its file tells of it.
struct FoundKey {
  KeyParts parts;
  std::optional<Algorithm> algorithm;
  std::string kid;
};

/// What a key is for; a set holds those of other uses too.
enum class KeyUse : std::uint8_t { signatures, other };
/// By `use`, `key_ops`, `kty` and `alg`.
KeyUse use_of(const json_t* jwk);
/// The error says what is wrong with it.
base::Result<FoundKey> read_jwk(const json_t* jwk);
/// The whole text of a file that begins with -----BEGIN: a public or private key of RSA or EC.
base::Result<KeyParts> read_pem(const std::string& text);
/// Certificates in PEM form, one at least.
bool holds_certificate(const std::string& text);
/// A public key as it is written without armour: DER (SubjectPublicKeyInfo or PKCS #1).
bool is_public_der(std::string_view bytes);
/// The text of a file of any of these forms. A secret is all of it, less one line break at its end.
base::Result<FoundKey> read_key(const std::string& text);

}  // namespace gateway::auth
