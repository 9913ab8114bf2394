// What: the TLS context as the transport sees it: one OpenSSL context per certificate, chosen by
// SNI. The first certificate serves clients that name no host or an unknown one. Owner and thread:
// see tls.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/client_authority.h"
#include "net/ticket_keys.h"
#include "net/tls.h"
#include "net/tls_certificate.h"

struct ssl_ctx_st;
struct ssl_st;

namespace gateway::net {

struct SslContextFree {
  void operator()(ssl_ctx_st* context) const;
};
struct SslFree {
  void operator()(ssl_st* ssl) const;
};
using SslContextPtr = std::unique_ptr<ssl_ctx_st, SslContextFree>;
using SslPtr = std::unique_ptr<ssl_st, SslFree>;

class OpenSslContext final : public TlsContext {
  struct Private {};

 public:
  /// `context` leaves out pairs that are bad and have none before them.
  struct Made {
    base::IntrusivePtr<OpenSslContext> context;
    TlsProblems problems;
  };
  /// By all of `options`; in the place of what is bad stands what `before`, if any, has there.
  static Made make(const TlsOptions& options, const OpenSslContext* before);

  OpenSslContext(Private, TlsVersion min_version, TicketKeysRef ticket_keys,
                 ClientAuthorityRef clients);

  double days_left() const override;
  const std::string& ends_first() const override;
  std::vector<std::string> files_beyond(const TlsContext& other) const override;
  void rotate_tickets() const override { ticket_keys_->rotate(); }
  /// Its certificates, ticket keys and CAs of clients are these.
  bool equals(const OpenSslContext& other) const;
  /// A server's side of a connection that is about to begin. Any thread.
  SslPtr make_ssl() const;

 private:
  struct Entry {
    TlsCertificateRef certificate;
    SslContextPtr context;
  };

  static TicketKeysRef ticket_keys(const TlsOptions& options, const OpenSslContext* before,
                                   TlsProblems& problems);
  static ClientAuthorityRef client_authority(const TlsOptions& options,
                                             const OpenSslContext* before, TlsProblems& problems);
  /// The one that expires first.
  const TlsCertificate& first_to_end() const;
  /// One of its certificates has this leaf.
  bool serves(const TlsCertificate& certificate) const;
  base::Result<base::Unit> add(const CertificateFiles& files, const OpenSslContext* before);
  /// An error when OpenSSL refuses the certificate (key too small, say).
  base::Result<base::Unit> add(TlsCertificateRef certificate);
  /// The context whose certificate is for `host` (lower case), exactly before by wildcard; or null.
  ssl_ctx_st* find(std::string_view host) const;
  static int choose_by_sni(ssl_st* ssl, int* alert, void* self);

  const TlsVersion min_version_;
  const TicketKeysRef ticket_keys_;
  const ClientAuthorityRef clients_;  // null: clients are not asked for certificates
  std::vector<Entry> entries_;        // in the order of the options
};

}  // namespace gateway::net
