#include <algorithm>
#include <memory>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "auth/key_parts.h"
#include "auth/openssl.h"

namespace gateway::auth {
namespace {

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct PkeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct NumberFree {
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
};
using BioPtr = std::unique_ptr<BIO, BioFree>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, PkeyFree>;

base::Fail<base::Error> fail(std::string_view what) {
  return base::Fail{base::Error{std::string(what)}};
}

// Without this OpenSSL would ask for a password on the terminal.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*asked*/) { return -1; }

PkeyPtr read_either(const std::string& text) {
  const auto open = [&] {
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  };
  PkeyPtr key(PEM_read_bio_PUBKEY(open().get(), nullptr, no_password, nullptr));
  if (key == nullptr) {
    key.reset(PEM_read_bio_PrivateKey(open().get(), nullptr, no_password, nullptr));
  }
  return key;
}

/// The number's bytes, at least `width` of them; empty when the key has no such number.
std::string number(const EVP_PKEY* key, const char* name, std::size_t width = 0) {
  BIGNUM* found = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &found) != 1) return {};
  const std::unique_ptr<BIGNUM, NumberFree> owned(found);
  const auto needed = static_cast<std::size_t>(BN_num_bytes(found));
  std::string bytes(std::max(needed, width), '\0');
  const int written = BN_bn2binpad(found, reinterpret_cast<unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  return written < 0 ? std::string() : bytes;
}

KeyParts rsa_parts(const EVP_PKEY* key) {
  KeyParts parts;
  parts.kind = KeyKind::rsa;
  parts.n = number(key, OSSL_PKEY_PARAM_RSA_N);
  parts.e = number(key, OSSL_PKEY_PARAM_RSA_E);
  parts.d = number(key, OSSL_PKEY_PARAM_RSA_D);
  parts.p = number(key, OSSL_PKEY_PARAM_RSA_FACTOR1);
  parts.q = number(key, OSSL_PKEY_PARAM_RSA_FACTOR2);
  parts.dp = number(key, OSSL_PKEY_PARAM_RSA_EXPONENT1);
  parts.dq = number(key, OSSL_PKEY_PARAM_RSA_EXPONENT2);
  parts.qi = number(key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1);
  return parts;
}

base::Result<KeyParts> ec_parts(const EVP_PKEY* key) {
  char name[64] = {};
  if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, nullptr) !=
      1) {
    return fail("holds an EC key without the name of its curve");
  }
  KeyParts parts;
  parts.kind = KeyKind::ec;
  const std::string_view curve(name);
  parts.curve_bits = curve == "prime256v1" ? 256 : curve == "secp384r1" ? 384 : 0;
  if (curve == "secp521r1") parts.curve_bits = 521;
  if (parts.curve_bits == 0) return fail("holds an EC key of none of P-256, P-384 and P-521");
  const std::size_t width = (parts.curve_bits + 7) / 8;
  parts.x = number(key, OSSL_PKEY_PARAM_EC_PUB_X, width);
  parts.y = number(key, OSSL_PKEY_PARAM_EC_PUB_Y, width);
  parts.d = number(key, OSSL_PKEY_PARAM_PRIV_KEY);
  return parts;
}

}  // namespace

CleanErrors::~CleanErrors() { ERR_clear_error(); }

bool holds_certificate(const std::string& text) {
  const CleanErrors clean;
  const BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  const std::unique_ptr<X509, decltype(&X509_free)> found(
      PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr), X509_free);
  return found != nullptr;
}

bool is_public_der(std::string_view bytes) {
  const CleanErrors clean;
  const auto reads = [&](const auto& read) {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    return PkeyPtr(read(&at, static_cast<long>(bytes.size()))) != nullptr;
  };
  return reads([](const unsigned char** at, long size) { return d2i_PUBKEY(nullptr, at, size); }) ||
         reads([](const unsigned char** at, long size) {
           return d2i_PublicKey(EVP_PKEY_RSA, nullptr, at, size);
         });
}

base::Result<KeyParts> read_pem(const std::string& text) {
  const CleanErrors clean;
  const PkeyPtr key = read_either(text);
  if (key == nullptr) {
    return fail(
        "holds no public or private key in PEM form that opens without a password; of a "
        "certificate, `openssl x509 -in FILE -noout -pubkey` prints the key");
  }
  switch (EVP_PKEY_get_base_id(key.get())) {
    case EVP_PKEY_RSA:
      return rsa_parts(key.get());
    case EVP_PKEY_EC:
      return ec_parts(key.get());
    default:
      return fail("holds a key that is neither RSA nor EC");
  }
}

}  // namespace gateway::auth
