#include "net/tls_policy.h"

#include <openssl/ssl.h>

#if defined(__aarch64__)
#include <sys/auxv.h>

#include <asm/hwcap.h>
#endif

#include <chrono>
#include <string_view>

#include "base/check.h"
#include "net/tls.h"

namespace gateway::net {
namespace {

/// Every context accepts the sessions of every other: they differ in their certificate alone. Where
/// clients are asked for certificates it is another one (ClientAuthority).
constexpr unsigned char kSessionIdContext[] = "boardcast";

/// What the server speaks, best first (RFC 7301 wire form, one length byte before each).
constexpr std::string_view kProtocols[] = {"h2", "http/1.1"};

bool has_aes_instructions() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("aes") != 0;
#elif defined(__aarch64__)
  return (getauxval(AT_HWCAP) & HWCAP_AES) != 0;
#else
  return false;
#endif
}

struct Ciphers {
  const char* tls1_2;
  const char* tls1_3;
};

// AEAD with ECDHE only. Without instructions for AES, ChaCha20 is several times faster.
Ciphers ciphers() {
  if (has_aes_instructions()) {
    return {
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
        "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
        "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305",
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"};
  }
  return {
      "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
      "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
      "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384",
      "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"};
}

/// Elliptic curves alone: finite fields (ffdhe, which OpenSSL offers for TLS 1.3) cost this side up
/// to a hundred times more, and who asks for them pays nothing.
constexpr char kGroups[] = "X25519:P-256:P-384";

// RFC 7301 §3.2: without a common protocol the handshake ends with no_application_protocol.
int choose_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_length,
                    const unsigned char* offered, unsigned int offered_length, void* /*unused*/) {
  const std::string_view list(reinterpret_cast<const char*>(offered), offered_length);
  for (const std::string_view ours : kProtocols) {
    for (std::size_t at = 0; at < list.size();) {
      const std::size_t length = static_cast<unsigned char>(list[at]);
      if (list.substr(at + 1, length) == ours) {
        *chosen = offered + at + 1;
        *chosen_length = static_cast<unsigned char>(length);
        return SSL_TLSEXT_ERR_OK;
      }
      at += 1 + length;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

void set_policy(ssl_ctx_st* context, TlsVersion min_version, TicketKeys& ticket_keys) {
  const Ciphers list = ciphers();
  const int version = min_version == TlsVersion::tls1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
  BC_CHECK(SSL_CTX_set_min_proto_version(context, version) == 1);
  BC_CHECK(SSL_CTX_set_cipher_list(context, list.tls1_2) == 1);
  BC_CHECK(SSL_CTX_set_ciphersuites(context, list.tls1_3) == 1);
  BC_CHECK(SSL_CTX_set1_groups_list(context, kGroups) == 1);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(context, 1);  // one read(2) for a record's header and its body
  BC_CHECK(SSL_CTX_set_max_early_data(context, 0) == 1);
  // Sessions live in the clients' tickets; the server keeps none.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  BC_CHECK(SSL_CTX_set_session_id_context(context, kSessionIdContext,
                                          sizeof kSessionIdContext - 1) == 1);
  SSL_CTX_set_timeout(context, std::chrono::seconds(kTicketLife).count());
  ticket_keys.install(context);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

}  // namespace gateway::net
