#include "auth/key_parts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "auth/base64url.h"
#include "auth/options.h"

namespace gateway::auth {
namespace {

base::Fail<base::Error> fail(std::string what) { return base::Fail{base::Error{std::move(what)}}; }

struct Part {
  const char* name;
  std::string KeyParts::*value;
  bool needed;
};

constexpr std::array kSecretParts = {Part{"k", &KeyParts::secret, true}};
constexpr std::array kRsaParts = {
    Part{"n", &KeyParts::n, true},    Part{"e", &KeyParts::e, true},
    Part{"d", &KeyParts::d, false},   Part{"p", &KeyParts::p, false},
    Part{"q", &KeyParts::q, false},   Part{"dp", &KeyParts::dp, false},
    Part{"dq", &KeyParts::dq, false}, Part{"qi", &KeyParts::qi, false}};
constexpr std::array kEcParts = {Part{"x", &KeyParts::x, true}, Part{"y", &KeyParts::y, true},
                                 Part{"d", &KeyParts::d, false}};

template <std::size_t N>
base::Result<base::Unit> read_parts(const json_t* jwk, const std::array<Part, N>& wanted,
                                    KeyParts& parts) {
  for (const Part& part : wanted) {
    if (member(jwk, part.name) == nullptr && !part.needed) continue;
    const auto text = text_member(jwk, part.name);
    if (!text) return fail(std::string("the JWK has no \"") + part.name + "\" that is a string");
    auto bytes = decode_base64url(*text);
    if (!bytes || bytes->empty()) {
      return fail(std::string("\"") + part.name + "\" of the JWK is not base64url");
    }
    parts.*part.value = *std::move(bytes);
  }
  return base::Unit{};
}

std::size_t bits_of_curve(std::string_view name) {
  if (name == "P-256") return 256;
  if (name == "P-384") return 384;
  return name == "P-521" ? 521 : 0;
}

/// Of standard base64, also over several lines.
std::optional<std::string> decode_base64(std::string_view text) {
  std::string url;
  for (const char c : text) {
    if (c == '\r' || c == '\n' || c == ' ' || c == '=') continue;
    url += c == '+' ? '-' : c == '/' ? '_' : c;
  }
  return decode_base64url(url);
}

/// In any of the forms in which public keys travel: whoever has one could sign with it as a secret.
bool holds_public_key(std::string_view text) {
  // DER of a private key (a sequence of over 127 bytes), and what ssh-keygen writes.
  if (text.starts_with("\x30\x81") || text.starts_with("\x30\x82")) return true;
  if (text.starts_with("ssh-") || text.starts_with("ecdsa-")) return true;
  if (text.find("-----BEGIN") != std::string_view::npos || is_public_der(text)) return true;
  const auto decoded = decode_base64(text);
  return decoded && is_public_der(*decoded);
}

base::Result<base::Unit> read_by_kind(const json_t* jwk, KeyParts& parts) {
  const std::string_view kty = text_member(jwk, "kty").value_or("");
  if (kty == "oct") {
    parts.kind = KeyKind::secret;
    if (auto read = read_parts(jwk, kSecretParts, parts); !read) return read;
    if (holds_public_key(parts.secret)) return fail("the JWK's k is a key of another kind");
    return base::Unit{};
  }
  if (kty == "RSA") {
    parts.kind = KeyKind::rsa;
    return read_parts(jwk, kRsaParts, parts);
  }
  if (kty != "EC") return fail("the JWK's kty is none of RSA, EC and oct");
  parts.kind = KeyKind::ec;
  parts.curve_bits = bits_of_curve(text_member(jwk, "crv").value_or(""));
  if (parts.curve_bits == 0) return fail("the JWK's crv is none of P-256, P-384 and P-521");
  return read_parts(jwk, kEcParts, parts);
}

bool lists(const json_t* list, std::string_view word) {
  for (std::size_t i = 0; i < json_array_size(list); ++i) {
    const json_t* const one = json_array_get(list, i);
    if (json_is_string(one) && text_of(one) == word) return true;
  }
  return false;
}

base::Result<FoundKey> read_secret(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (holds_public_key(text)) {
    return fail(
        "looks like a key in another form than PEM or JWK; as the bytes of a secret anybody who "
        "has the public key could sign");
  }
  FoundKey key;
  key.parts.secret = text;
  return key;
}

}  // namespace

KeyUse use_of(const json_t* jwk) {
  const auto use = text_member(jwk, "use");
  if (use && *use != "sig") return KeyUse::other;
  const json_t* const operations = member(jwk, "key_ops");
  if (operations != nullptr && !lists(operations, "verify")) return KeyUse::other;
  const auto alg = text_member(jwk, "alg");
  if (alg && !parse_algorithm(*alg)) return KeyUse::other;
  const std::string_view kty = text_member(jwk, "kty").value_or("");
  return kty == "RSA" || kty == "EC" || kty == "oct" ? KeyUse::signatures : KeyUse::other;
}

base::Result<FoundKey> read_jwk(const json_t* jwk) {
  FoundKey key;
  if (member(jwk, "alg") != nullptr) {
    key.algorithm = parse_algorithm(text_member(jwk, "alg").value_or(""));
    if (!key.algorithm) return fail("the JWK's alg is no algorithm for signatures");
  }
  if (member(jwk, "kid") != nullptr) {
    const auto kid = text_member(jwk, "kid");
    if (!kid || kid->empty() || kid->size() > kKidBytesMax) {
      return fail("the JWK's kid is not a text of 1 to 256 bytes");
    }
    key.kid = *kid;
  }
  if (auto read = read_by_kind(jwk, key.parts); !read) return base::Fail{read.error()};
  return key;
}

base::Result<FoundKey> read_key(const std::string& text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const std::string_view rest = std::string_view(text).substr(begin);
  if (rest.starts_with("-----BEGIN")) {
    auto parts = read_pem(text);
    if (!parts) return base::Fail{parts.error()};
    return FoundKey{*std::move(parts), std::nullopt, {}};
  }
  if (!rest.starts_with('{')) return read_secret(text);
  const JsonPtr json = parse_object(text);
  if (!json) return fail("begins like a JWK and is not one JSON object without repeated members");
  if (member(json.get(), "keys") != nullptr) return fail("is a set of keys: name it as auth.jwks");
  return read_jwk(json.get());
}

}  // namespace gateway::auth
