// What: the CAs whose certificates clients may show (tls.client_ca), and what a client has shown.
// Each certificate in the file vouches by itself, a root or one below it. Clients are asked and not
// obliged: one that shows none is served as anybody; one that shows what does not verify (unknown
// CA, expired, made out for other uses than client authentication) has no handshake. Nobody asks
// the CAs whether they have taken a certificate back. Immutable, shared by whoever holds it.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/intrusive_ptr.h"
#include "base/result.h"
#include "http/exchange.h"
#include "net/tls_certificate.h"

struct ssl_ctx_st;
struct ssl_st;
struct x509_store_st;

namespace gateway::net {

struct StoreFree {
  void operator()(x509_store_st* store) const;
};

class ClientAuthority;
using ClientAuthorityRef = base::IntrusivePtr<const ClientAuthority>;

class ClientAuthority final : public base::SharedCount<ClientAuthority> {
 public:
  /// From PEM, 1 to kClientAuthoritiesMax of them. The error names the file, what is wrong and what
  /// to do. One that has expired is a warning in the log.
  static base::Result<ClientAuthorityRef> load(const std::string& file);

  /// Makes `context` ask by these. A ticket brings the client's certificate along, and nobody
  /// verifies it anew: so tickets that were given under other CAs, or none, do not resume, nor
  /// those whose certificate is over.
  void install(ssl_ctx_st* context) const;
  bool operator==(const ClientAuthority& other) const { return digest_ == other.digest_; }

 private:
  base::Result<base::Unit> read(const std::string& file);

  std::vector<X509Ptr> certificates_;
  std::unique_ptr<x509_store_st, StoreFree> store_;
  std::array<unsigned char, 32> digest_{};  // of all of them, in their order
};

/// What the client of `ssl`, whose handshake is over, has shown; null: nothing.
std::unique_ptr<const http::PeerCertificate> peer_certificate(const ssl_st* ssl);

/// Why the certificate that was shown in a failed handshake did not count; empty where it is not
/// that.
std::string certificate_fault(const ssl_st* ssl);

}  // namespace gateway::net
