#include "backbone/redis_tls.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "backbone/backbone.h"
#include "base/check.h"

namespace gateway::backbone {
namespace {

constexpr std::string_view kFault = "TLS: ";

base::Fail<base::Error> fail(std::string_view what) {
  return base::Fail{base::Error{std::string(kFault).append(what)}};
}

struct ContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, ContextFree>;

std::string reason_of(unsigned long code) {
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* const reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

/// With the first thing that OpenSSL said of it.
base::Fail<base::Error> unusable(const std::string& file, std::string_view what) {
  const std::string reason = reason_of(ERR_peek_error());
  ERR_clear_error();
  return fail(file + ": cannot be used as " + std::string(what) + " (" + reason + ")");
}

// Without this OpenSSL would ask for a password on the terminal.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*unused*/) { return -1; }

base::Result<ContextPtr> make_context(const RedisTlsOptions& options) {
  ERR_clear_error();
  ContextPtr made(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const context = made.get();
  BC_CHECK(context != nullptr && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  // RESP says itself where an answer ends, so an end without TLS's own goodbye is an end.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Messages of TLS alone would keep a read busy for as long as they come.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_default_passwd_cb(context, no_password);
  if (options.ca.empty()) {
    BC_CHECK(SSL_CTX_set_default_verify_paths(context) == 1);
  } else if (SSL_CTX_load_verify_file(context, options.ca.c_str()) != 1) {
    return unusable(options.ca, "the CA of Redis");
  }
  if (options.certificate.empty()) return made;
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) != 1) {
    return unusable(options.certificate, "the certificate for Redis");
  }
  if (SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return unusable(options.key, "the private key of " + options.certificate);
  }
  return made;
}

/// RFC 9525: a name of DNS, or an address, of the certificate's alternative names; RFC 6066 §3:
/// only the first is told to the server.
bool expect(SSL* ssl, std::string name) {
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) == 1) return true;
  X509_VERIFY_PARAM_set_hostflags(
      wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  return X509_VERIFY_PARAM_set1_host(wanted, name.data(), name.size()) == 1 &&
         SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
}

}  // namespace

void RedisTls::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

RedisTls::RedisTls(Private /*made*/, SslPtr ssl, std::string name)
    : ssl_(std::move(ssl)), name_(std::move(name)) {}

RedisTls::~RedisTls() {
  if (!broken_ && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

base::Result<std::unique_ptr<RedisTls>> RedisTls::make(int fd, const std::string& host,
                                                       const RedisTlsOptions& options) {
  const auto context = make_context(options);
  if (!context) return base::Fail{context.error()};
  SslPtr ssl(SSL_new(context->get()));
  BC_CHECK(ssl != nullptr && SSL_set_fd(ssl.get(), fd) == 1);
  SSL_set_connect_state(ssl.get());
  const std::string& name = options.server_name.empty() ? host : options.server_name;
  if (!expect(ssl.get(), name)) return fail(name + ": no certificate can be for such a name");
  return std::make_unique<RedisTls>(Private{}, std::move(ssl), name);
}

bool RedisTls::shake_hands() {
  ERR_clear_error();
  errno = 0;
  return settle(SSL_do_handshake(ssl_.get())) > 0;
}

ssize_t RedisTls::read(char* bytes, std::size_t size) {
  ERR_clear_error();
  errno = 0;
  return settle(SSL_read(ssl_.get(), bytes, static_cast<int>(size)));
}

ssize_t RedisTls::write(const char* bytes, std::size_t size) {
  constexpr std::size_t kAtOnce = std::size_t{1} << 20U;
  ERR_clear_error();
  errno = 0;
  const ssize_t wrote =
      settle(SSL_write(ssl_.get(), bytes, static_cast<int>(std::min(size, kAtOnce))));
  if (wrote != 0) return wrote;
  errno = EPIPE;
  return -1;
}

bool RedisTls::waits_to_write() const { return SSL_want_write(ssl_.get()); }

ssize_t RedisTls::settle(int result) {
  if (result > 0) return result;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_SYSCALL:
      broken_ = true;
      return errno == 0 ? 0 : -1;
    case SSL_ERROR_ZERO_RETURN:
      errno = 0;
      return 0;
    default:
      broken_ = true;
      errno = EPROTO;
      return -1;
  }
}

std::string RedisTls::fault() const {
  std::string fault(kFault);
  const long result = SSL_get_verify_result(ssl_.get());
  if (result != X509_V_OK) return fault + verdict(result);
  char byte = 0;
  // A write that failed meets the end of the connection, not the alert that came before it.
  if (ERR_peek_error() == 0) SSL_peek(ssl_.get(), &byte, sizeof byte);
  const unsigned long code = ERR_peek_error();
  if (code == 0) return {};
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET) {
    return fault + "Redis refuses it (" + reason_of(code) +
           "): does it ask for a certificate (redis.tls_certificate, --cert), and trust its CA?";
  }
  if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG) {
    return fault + "what answers there speaks none: is it the port of TLS (tls-port)?";
  }
  return fault + reason_of(code);
}

std::string RedisTls::verdict(long result) const {
  const std::string text = X509_verify_cert_error_string(result);
  switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the certificate of Redis is not for " + name_ + " (" + text +
             "): say what it is for (redis.tls_server_name, --redis-server-name)";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "the certificate of Redis is not by a CA that is trusted (" + text +
             "): name its CA (redis.tls_ca, --cacert)";
    default:
      return "the certificate of Redis is not good (" + text + ")";
  }
}

base::Result<base::Unit> check_redis_tls(const RedisTlsOptions& options) {
  const auto context = make_context(options);
  if (!context) return base::Fail{context.error()};
  return base::Unit{};
}

}  // namespace gateway::backbone
