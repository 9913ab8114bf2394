// What: makes tokens part by part, right or wrong, with keys of its own. It signs with OpenSSL, not
// with what it tests. Owner and thread: the test's.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "support/base64url.h"

namespace gateway::test {

struct PkeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Pkey = std::shared_ptr<EVP_PKEY>;

inline Pkey new_rsa(unsigned bits = 2048) { return Pkey(EVP_RSA_gen(bits), PkeyFree()); }
inline Pkey new_ec(const char* curve) { return Pkey(EVP_EC_gen(curve), PkeyFree()); }

inline const EVP_MD* hash_of(std::string_view alg) {
  if (alg.ends_with("256")) return EVP_sha256();
  return alg.ends_with("384") ? EVP_sha384() : EVP_sha512();
}

inline std::string hmac(std::string_view alg, std::string_view secret, std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(hash_of(alg), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), out, &size);
  return {reinterpret_cast<char*>(out), size};
}

/// DER in place of r and s side by side.
inline std::string sign_der(std::string_view alg, const Pkey& key, std::string_view text) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  EVP_PKEY_CTX* padding = nullptr;
  EXPECT_EQ(EVP_DigestSignInit(context.get(), &padding, hash_of(alg), nullptr, key.get()), 1);
  if (alg.starts_with("PS")) {
    EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST);
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  EXPECT_EQ(EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()), 1);
  std::string out(size, '\0');
  EXPECT_EQ(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                           bytes, text.size()),
            1);
  out.resize(size);
  return out;
}

inline std::string side_by_side(std::string_view der, std::size_t width) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
  std::string out(2 * width, '\0');
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), to, static_cast<int>(width));
  BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), to + width, static_cast<int>(width));
  return out;
}

inline std::string sign(std::string_view alg, const Pkey& key, std::string_view text) {
  const std::string raw = sign_der(alg, key, text);
  if (!alg.starts_with("ES")) return raw;
  return side_by_side(raw, (static_cast<std::size_t>(EVP_PKEY_get_bits(key.get())) + 7) / 8);
}

inline std::string join(std::string_view header, std::string_view payload) {
  return base64url(header) + '.' + base64url(payload);
}
inline std::string with_hmac(std::string_view alg, std::string_view secret,
                             const std::string& text) {
  return text + '.' + base64url(hmac(alg, secret, text));
}
inline std::string with_key(std::string_view alg, const Pkey& key, const std::string& text) {
  return text + '.' + base64url(sign(alg, key, text));
}

inline std::string to_pem(const Pkey& key, bool with_private = false) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  if (with_private) {
    PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  } else {
    PEM_write_bio_PUBKEY(bio.get(), key.get());
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

inline std::string to_der(const Pkey& key) {
  unsigned char* out = nullptr;
  const int size = i2d_PUBKEY(key.get(), &out);
  std::string der(reinterpret_cast<char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return der;
}

inline std::string number_of(const Pkey& key, const char* name, std::size_t width = 0) {
  BIGNUM* number = nullptr;
  EXPECT_EQ(EVP_PKEY_get_bn_param(key.get(), name, &number), 1) << name;
  std::string bytes(std::max(width, static_cast<std::size_t>(BN_num_bytes(number))), '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
               static_cast<int>(bytes.size()));
  BN_free(number);
  return bytes;
}

/// The public JWK; `more` are members of it (",\"kid\":…").
inline std::string rsa_jwk(const Pkey& key, const std::string& more) {
  return R"({"kty":"RSA","n":")" + base64url(number_of(key, OSSL_PKEY_PARAM_RSA_N)) + R"(","e":")" +
         base64url(number_of(key, OSSL_PKEY_PARAM_RSA_E)) + '"' + more + '}';
}
inline std::string ec_jwk(const Pkey& key, const std::string& curve, const std::string& more) {
  const std::size_t width = (static_cast<std::size_t>(EVP_PKEY_get_bits(key.get())) + 7) / 8;
  return R"({"kty":"EC","crv":")" + curve + R"(","x":")" +
         base64url(number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, width)) + R"(","y":")" +
         base64url(number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, width)) + '"' + more + '}';
}
inline std::string secret_jwk(std::string_view secret, const std::string& more) {
  return R"({"kty":"oct","k":")" + base64url(secret) + '"' + more + '}';
}

/// A folder of its own, gone at the end.
class KeyFolder {
 public:
  KeyFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "keys-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~KeyFolder() { std::filesystem::remove_all(folder_); }
  KeyFolder(const KeyFolder&) = delete;
  KeyFolder& operator=(const KeyFolder&) = delete;

  std::string write(const std::string& name, std::string_view text) const {
    const std::string file = (folder_ / name).string();
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  std::string missing() const { return (folder_ / "nothing").string(); }

 private:
  std::filesystem::path folder_;
};

}  // namespace gateway::test
