#include "net/ticket_keys.h"

#include <algorithm>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "base/check.h"
#include "net/tls_certificate.h"
#include "net/tls_files.h"

namespace gateway::net {
namespace {

// What the callback of SSL_CTX_set_tlsext_ticket_key_evp_cb(3) may answer.
constexpr int kFailed = -1;
constexpr int kUnknown = 0;  // a full handshake follows, which issues a new ticket
constexpr int kGood = 1;
constexpr int kGoodButRenew = 2;

bool set_mac_key(EVP_MAC_CTX* mac, unsigned char* key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key, TicketKeys::kKeyBytes),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

}  // namespace

TicketKeys::Key::~Key() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

TicketKeys::~TicketKeys() = default;

TicketKeysRef TicketKeys::make_random() {
  auto keys = base::make_intrusive<TicketKeys>(Private{}, true);
  keys->rotate();
  return keys;
}

base::Result<TicketKeysRef> TicketKeys::load(const std::vector<std::string>& files) {
  auto keys = base::make_intrusive<TicketKeys>(Private{}, false);
  const base::MutexLock lock(keys->mutex_);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto fail = [i](const std::string& what) {
      return base::Fail{base::Error{"tls.ticket_keys[" + std::to_string(i) + "]: " + what}};
    };
    base::Result<std::string> text = read_tls_file(files[i], "ticket key");
    if (!text) return fail(text.error().message);
    if (text->size() != kFileBytes) {
      return fail(files[i] + ": a ticket key has 80 bytes, this file " +
                  std::to_string(text->size()) + "; make one with `openssl rand -out FILE 80`");
    }
    std::copy(text->begin(), text->end(), keys->keys_.emplace_back().bytes.begin());
    OPENSSL_cleanse(text->data(), text->size());
  }
  return keys;
}

std::vector<TicketKeys::Key> TicketKeys::keys() {
  const base::MutexLock lock(mutex_);
  return keys_;
}

bool TicketKeys::equals(TicketKeys& other) { return this == &other || keys() == other.keys(); }

void TicketKeys::rotate() {
  if (!random_) return;
  Key key;
  BC_CHECK(RAND_priv_bytes(key.bytes.data(), static_cast<int>(key.bytes.size())) == 1,
           openssl_error());
  const base::MutexLock lock(mutex_);
  keys_.insert(keys_.begin(), key);
  if (keys_.size() > 1 + kRotatedKept) keys_.pop_back();
}

void TicketKeys::install(ssl_ctx_st* context) {
  BC_CHECK(SSL_CTX_set_app_data(context, this) == 1, openssl_error());
  const auto on_ticket = [](SSL* ssl, unsigned char* name, unsigned char* iv,
                            EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int encrypt) {
    auto* keys = static_cast<TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    return encrypt == 1 ? keys->encrypt(name, iv, cipher, mac)
                        : keys->decrypt(ssl, name, iv, cipher, mac);
  };
  BC_CHECK(SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket) == 1);
}

TicketKeys::Key TicketKeys::first() {
  const base::MutexLock lock(mutex_);
  return keys_.front();
}

std::optional<TicketKeys::Found> TicketKeys::find(const unsigned char* name) {
  const base::MutexLock lock(mutex_);
  const auto found = std::find_if(keys_.begin(), keys_.end(), [name](Key& one) {
    return std::equal(name, name + kNameBytes, one.name());
  });
  if (found == keys_.end()) return std::nullopt;
  return Found{*found, found == keys_.begin()};
}

int TicketKeys::encrypt(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                        EVP_MAC_CTX* mac) {
  const EVP_CIPHER* const aes = EVP_aes_256_cbc();
  if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(aes)) != 1) return kFailed;
  Key key = first();
  std::copy_n(key.name(), kNameBytes, name);
  const bool good =
      EVP_EncryptInit_ex(cipher, aes, nullptr, key.aes(), iv) == 1 && set_mac_key(mac, key.hmac());
  return good ? kGood : kFailed;
}

int TicketKeys::decrypt(SSL* ssl, const unsigned char* name, const unsigned char* iv,
                        EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  std::optional<Found> found = find(name);
  if (!found) return kUnknown;
  Key& key = found->key;
  const bool good = EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.aes(), iv) == 1 &&
                    set_mac_key(mac, key.hmac());
  if (!good) return kFailed;
  // RFC 8446 §C.4: a client should use a ticket once, so it needs another one.
  const bool renew = !found->is_first || SSL_version(ssl) >= TLS1_3_VERSION;
  return renew ? kGoodButRenew : kGood;
}

}  // namespace gateway::net
