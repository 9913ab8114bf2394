// What: the keys of session tickets, which all contexts of the process share, so that sessions
// resume on every worker and after a swap of certificates (RFC 5077 §4; TLS 1.3 sends tickets, too:
// RFC 8446 §4.6.1). The first key encrypts, the others are still accepted. Either random, and then
// rotated; or from files that several nodes share, and then fixed. Owner: shared by the contexts.
// Thread: any, behind one mutex under which handshakes copy a key and do no more.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/intrusive_ptr.h"
#include "base/result.h"
#include "base/thread_annotations.h"

struct evp_cipher_ctx_st;
struct evp_mac_ctx_st;
struct ssl_ctx_st;
struct ssl_st;

namespace gateway::net {

class TicketKeys;
using TicketKeysRef = base::IntrusivePtr<TicketKeys>;

class TicketKeys final : public base::SharedCount<TicketKeys> {
  struct Private {};

 public:
  /// Name, key of HMAC-SHA-256, key of AES-256-CBC: 80 bytes, the layout of nginx's
  /// ssl_session_ticket_key.
  static constexpr std::size_t kNameBytes = 16;
  static constexpr std::size_t kKeyBytes = 32;
  static constexpr std::size_t kFileBytes = kNameBytes + 2 * kKeyBytes;
  /// Keys before the one that encrypts whose tickets are accepted still.
  static constexpr std::size_t kRotatedKept = 1;

  static TicketKeysRef make_random();
  /// From files of kFileBytes each, at least one. The error names the key of the configuration,
  /// the file and what to do.
  static base::Result<TicketKeysRef> load(const std::vector<std::string>& files);

  TicketKeys(Private, bool random) : random_(random) {}
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  bool random() const { return random_; }
  bool equals(TicketKeys& other) BC_EXCLUDES(mutex_);
  /// A new key encrypts from now on; the oldest is wiped. Nothing when the keys come from files.
  void rotate() BC_EXCLUDES(mutex_);
  /// Makes `context` use these keys; they outlive every handshake of it.
  void install(ssl_ctx_st* context);

 private:
  /// As it lies in a file; wiped when it goes.
  struct Key {
    std::array<unsigned char, kFileBytes> bytes;
    ~Key();
    bool operator==(const Key&) const = default;
    unsigned char* name() { return bytes.data(); }
    unsigned char* hmac() { return bytes.data() + kNameBytes; }
    unsigned char* aes() { return bytes.data() + kNameBytes + kKeyBytes; }
  };

  std::vector<Key> keys() BC_EXCLUDES(mutex_);
  /// The one that encrypts.
  Key first() BC_EXCLUDES(mutex_);
  struct Found {
    Key key;
    bool is_first;
  };
  std::optional<Found> find(const unsigned char* name) BC_EXCLUDES(mutex_);
  int encrypt(unsigned char* name, unsigned char* iv, evp_cipher_ctx_st* cipher,
              evp_mac_ctx_st* mac);
  int decrypt(ssl_st* ssl, const unsigned char* name, const unsigned char* iv,
              evp_cipher_ctx_st* cipher, evp_mac_ctx_st* mac);

  const bool random_;
  base::Mutex mutex_;
  std::vector<Key> keys_ BC_GUARDED_BY(mutex_);  // the one that encrypts first
};

}  // namespace gateway::net
