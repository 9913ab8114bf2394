#include "auth/key.h"

#include <algorithm>
#include <utility>

#include <cjose/cjose.h>

#include "auth/openssl.h"
#include "base/check.h"

namespace gateway::auth {
namespace {

constexpr std::size_t kRsaBitsMin = 2048;  // RFC 7518 §3.3
constexpr std::size_t kRsaBitsMax = 8192;  // a signature of it still costs less than a millisecond
constexpr std::size_t kExponentBytesMax = 8;

base::Fail<base::Error> fail(std::string what) { return base::Fail{base::Error{std::move(what)}}; }

/// Leading zeros are no strength.
std::size_t bits_of(std::string_view number) {
  const std::size_t zeros = std::min(number.find_first_not_of('\0'), number.size());
  number.remove_prefix(zeros);
  if (number.empty()) return 0;
  std::size_t bits = number.size() * 8;
  for (unsigned top = static_cast<unsigned char>(number.front()); (top & 0x80U) == 0; top <<= 1U) {
    --bits;
  }
  return bits;
}

/// Odd and above 1: with 1, every message would be its own signature.
bool is_exponent(std::string_view e) {
  return !e.empty() && e.size() <= kExponentBytesMax && bits_of(e) > 1 &&
         (static_cast<unsigned char>(e.back()) & 1U) == 1;
}

std::string_view kind_name(KeyKind kind) {
  switch (kind) {
    case KeyKind::secret:
      return "a secret";
    case KeyKind::rsa:
      return "an RSA key";
    case KeyKind::ec:
      break;
  }
  return "an EC key";
}

base::Result<base::Unit> judge(const KeyParts& parts, Algorithm algorithm) {
  const std::string name(to_string(algorithm));
  if (parts.kind != key_kind(algorithm)) {
    const std::string_view found =
        parts.kind == KeyKind::secret ? "neither PEM nor the JWK of one" : kind_name(parts.kind);
    return fail(name + " takes " + std::string(kind_name(key_kind(algorithm))) + ", and this is " +
                std::string(found));
  }
  const std::size_t needed = hash_bits(algorithm) / 8;
  if (parts.kind == KeyKind::secret && parts.secret.size() < needed) {
    return fail("a secret of " + std::to_string(parts.secret.size()) + " bytes; " + name +
                " needs " + std::to_string(needed) + " at least (openssl rand -hex " +
                std::to_string(needed) + ")");
  }
  if (parts.kind == KeyKind::rsa) {
    const std::size_t bits = bits_of(parts.n);
    if (bits < kRsaBitsMin || bits > kRsaBitsMax) {
      return fail("an RSA key of " + std::to_string(bits) + " bits; 2048 to 8192 are taken");
    }
    if (!is_exponent(parts.e)) return fail("an RSA key whose public exponent signs nothing");
  }
  if (parts.kind == KeyKind::ec && parts.curve_bits != curve_bits(algorithm)) {
    return fail(name + " is of the curve P-" + std::to_string(curve_bits(algorithm)) +
                ", and this key of P-" + std::to_string(parts.curve_bits));
  }
  return base::Unit{};
}

std::size_t signature_bytes(const KeyParts& parts, Algorithm algorithm) {
  if (parts.kind == KeyKind::secret) return hash_bits(algorithm) / 8;
  if (parts.kind == KeyKind::rsa) return (bits_of(parts.n) + 7) / 8;
  return (parts.curve_bits + 7) / 8 * 2;  // RFC 7518 §3.4
}

/// cjose reads, and does not write, what its interface takes without const.
struct Bytes {
  std::uint8_t* data = nullptr;
  std::size_t size = 0;
  explicit Bytes(const std::string& text)
      : data(text.empty() ? nullptr
                          : reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()))),
        size(text.size()) {}
};

cjose_jwk_t* make_rsa(const KeyParts& parts) {
  const Bytes e(parts.e), n(parts.n), d(parts.d), p(parts.p), q(parts.q);
  const Bytes dp(parts.dp), dq(parts.dq), qi(parts.qi);
  cjose_jwk_rsa_keyspec spec{};
  spec.e = e.data, spec.elen = e.size;
  spec.n = n.data, spec.nlen = n.size;
  spec.d = d.data, spec.dlen = d.size;
  spec.p = p.data, spec.plen = p.size;
  spec.q = q.data, spec.qlen = q.size;
  spec.dp = dp.data, spec.dplen = dp.size;
  spec.dq = dq.data, spec.dqlen = dq.size;
  spec.qi = qi.data, spec.qilen = qi.size;
  return cjose_jwk_create_RSA_spec(&spec, nullptr);
}

cjose_jwk_t* make_ec(const KeyParts& parts) {
  const Bytes x(parts.x), y(parts.y), d(parts.d);
  cjose_jwk_ec_keyspec spec{};
  spec.crv = parts.curve_bits == 256   ? CJOSE_JWK_EC_P_256
             : parts.curve_bits == 384 ? CJOSE_JWK_EC_P_384
                                       : CJOSE_JWK_EC_P_521;
  spec.x = x.data, spec.xlen = x.size;
  spec.y = y.data, spec.ylen = y.size;
  spec.d = d.data, spec.dlen = d.size;
  return cjose_jwk_create_EC_spec(&spec, nullptr);  // refuses a point that is not on the curve
}

cjose_jwk_t* make_jwk(const KeyParts& parts) {
  if (parts.kind == KeyKind::rsa) return make_rsa(parts);
  if (parts.kind == KeyKind::ec) return make_ec(parts);
  const Bytes secret(parts.secret);
  return cjose_jwk_create_oct_spec(secret.data, secret.size, nullptr);
}

KeyParts public_parts(const KeyParts& parts) {
  KeyParts open;
  open.kind = parts.kind;
  open.secret = parts.secret;
  open.n = parts.n;
  open.e = parts.e;
  open.curve_bits = parts.curve_bits;
  open.x = parts.x;
  open.y = parts.y;
  return open;
}

struct JwsFree {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};
using JwsPtr = std::unique_ptr<cjose_jws_t, JwsFree>;
struct HeaderFree {
  void operator()(cjose_header_t* header) const { cjose_header_release(header); }
};
using HeaderPtr = std::unique_ptr<cjose_header_t, HeaderFree>;

}  // namespace

struct Key::Handle {
  explicit Handle(cjose_jwk_t* made) : jwk(made) {}
  ~Handle() { cjose_jwk_release(jwk); }
  /// All of its numbers, or the secret.
  std::string text() const {
    const std::unique_ptr<char, cjose_dealloc_fn_t> json(cjose_jwk_to_json(jwk, true, nullptr),
                                                         cjose_get_dealloc());
    BC_CHECK(json != nullptr);
    return json.get();
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  cjose_jwk_t* const jwk;
};

Key::Key(std::unique_ptr<Handle> handle, Algorithm algorithm, std::string kid,
         std::size_t signature_bytes)
    : handle_(std::move(handle)),
      algorithm_(algorithm),
      kid_(std::move(kid)),
      signature_bytes_(signature_bytes) {}
Key::~Key() = default;
Key::Key(Key&&) noexcept = default;
Key& Key::operator=(Key&&) noexcept = default;

base::Result<Key> Key::make(const KeyParts& parts, Algorithm algorithm, std::string kid, Use use) {
  if (auto judged = judge(parts, algorithm); !judged) return base::Fail{judged.error()};
  if (use == Use::sign && !parts.can_sign()) return fail("a public key, which cannot sign");
  const CleanErrors clean;
  cjose_jwk_t* const made = make_jwk(use == Use::sign ? parts : public_parts(parts));
  if (made == nullptr) return fail("its numbers do not make a key");
  return Key(std::make_unique<Handle>(made), algorithm, std::move(kid),
             auth::signature_bytes(parts, algorithm));
}

bool Key::operator==(const Key& other) const {
  return algorithm_ == other.algorithm_ && kid_ == other.kid_ &&
         handle_->text() == other.handle_->text();
}

bool Key::verifies(const Jws& jws) const {
  BC_CHECK(jws.algorithm == algorithm_, to_string(algorithm_));
  if (jws.signature_bytes != signature_bytes_) return false;
  const CleanErrors clean;
  const JwsPtr imported(cjose_jws_import(jws.token.data(), jws.token.size(), nullptr));
  return imported && cjose_jws_verify(imported.get(), handle_->jwk, nullptr);
}

base::Result<std::string> Key::sign(std::string_view payload) const {
  const CleanErrors clean;
  const HeaderPtr header(cjose_header_new(nullptr));
  const std::string name(to_string(algorithm_));
  bool set = header && cjose_header_set(header.get(), CJOSE_HDR_ALG, name.c_str(), nullptr) &&
             cjose_header_set(header.get(), "typ", "JWT", nullptr);
  if (set && !kid_.empty()) {
    set = cjose_header_set(header.get(), CJOSE_HDR_KID, kid_.c_str(), nullptr);
  }
  if (!set) return fail("the header cannot be made");
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(payload.data());
  const JwsPtr jws(cjose_jws_sign(handle_->jwk, header.get(), bytes, payload.size(), nullptr));
  const char* text = nullptr;
  if (!jws || !cjose_jws_export(jws.get(), &text, nullptr)) return fail("the key does not sign");
  return std::string(text);
}

}  // namespace gateway::auth
