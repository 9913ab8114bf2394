#include "net/client_authority.h"

#include <ctime>
#include <string_view>
#include <utility>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "base/log.h"
#include "net/certificate_names.h"

namespace gateway::net {
namespace {

base::Fail<base::Error> fail(const std::string& file, std::string_view what) {
  return base::Fail{base::Error{file + ": " + std::string(what)}};
}

std::string to_der(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int length = i2d_X509(certificate, &bytes);
  BC_CHECK(length > 0, openssl_error());
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  return der;
}

std::string name_of(const X509* certificate) {
  char name[256] = {};
  X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof name);
  return name;
}

/// 0, which is over, where it says no time.
base::WallMs end_of(const X509* leaf) {
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &time) != 1) return 0;
  return static_cast<base::WallMs>(::timegm(&time)) * 1000;
}

/// Such a certificate is over, and a full handshake is to ask for another one.
SSL_TICKET_RETURN judge_ticket(SSL* /*ssl*/, SSL_SESSION* session, const unsigned char* /*key*/,
                               std::size_t /*key_bytes*/, SSL_TICKET_STATUS status,
                               void* /*unused*/) {
  if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) {
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  }
  const X509* const leaf = SSL_SESSION_get0_peer(session);
  const bool over = leaf != nullptr && X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0;
  if (over) return SSL_TICKET_RETURN_IGNORE_RENEW;
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

}  // namespace

void StoreFree::operator()(x509_store_st* store) const { X509_STORE_free(store); }

base::Result<ClientAuthorityRef> ClientAuthority::load(const std::string& file) {
  const auto authority = base::make_intrusive<ClientAuthority>();
  if (const auto read = authority->read(file); !read) return base::Fail{read.error()};
  authority->store_.reset(X509_STORE_new());
  X509_STORE* const store = authority->store_.get();
  BC_CHECK(store != nullptr && X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1,
           openssl_error());
  std::string all = "boardcast clients\n";
  for (const X509Ptr& one : authority->certificates_) {
    BC_CHECK(X509_STORE_add_cert(store, one.get()) == 1, openssl_error());
    all += to_der(one.get());
    if (X509_cmp_current_time(X509_get0_notAfter(one.get())) < 0) {
      BC_LOG(warn, "a CA of clients has expired; its certificates are refused", {"file", file},
             {"ca", name_of(one.get())});
    }
  }
  BC_CHECK(EVP_Digest(all.data(), all.size(), authority->digest_.data(), nullptr, EVP_sha256(),
                      nullptr) == 1,
           openssl_error());
  return ClientAuthorityRef(authority.get());
}

base::Result<base::Unit> ClientAuthority::read(const std::string& file) {
  auto all = read_certificates(file, "CA of clients");
  if (!all) return base::Fail{all.error()};
  if (all->size() > kClientAuthoritiesMax) {
    return fail(file, "more than " + std::to_string(kClientAuthoritiesMax) +
                          " CAs: every client that connects is told all of them");
  }
  for (const X509Ptr& one : *all) {
    if (X509_check_ca(one.get()) != 0) continue;
    return fail(file, name_of(one.get()) +
                          " is no CA: name the certificate that signs those of "
                          "clients, not one of theirs");
  }
  certificates_ = *std::move(all);
  return base::Unit{};
}

void ClientAuthority::install(ssl_ctx_st* context) const {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_verify_depth(context, kClientChainMax);
  SSL_CTX_set_max_cert_list(context, kClientChainBytesMax);
  // Not the context's own store, out of which the chain of the server would be completed.
  BC_CHECK(SSL_CTX_set1_verify_cert_store(context, store_.get()) == 1, openssl_error());
  for (const X509Ptr& one : certificates_) {
    BC_CHECK(SSL_CTX_add_client_CA(context, one.get()) == 1, openssl_error());
  }
  static_assert(sizeof digest_ <= SSL_MAX_SID_CTX_LENGTH);
  BC_CHECK(SSL_CTX_set_session_id_context(context, digest_.data(), sizeof digest_) == 1);
  BC_CHECK(SSL_CTX_set_session_ticket_cb(context, nullptr, judge_ticket, nullptr) == 1);
}

std::unique_ptr<const http::PeerCertificate> peer_certificate(const ssl_st* ssl) {
  const X509* const leaf = SSL_get0_peer_certificate(ssl);
  if (leaf == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return nullptr;
  return std::make_unique<const http::PeerCertificate>(
      http::PeerCertificate{client_names(leaf), end_of(leaf)});
}

std::string certificate_fault(const ssl_st* ssl) {
  const long result = SSL_get_verify_result(ssl);
  return result == X509_V_OK ? "" : X509_verify_cert_error_string(result);
}

}  // namespace gateway::net
