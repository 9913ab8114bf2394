// What: the TLS context as the transport sees it: one OpenSSL context per certificate, chosen by
// SNI. The first certificate serves clients that name no host or an unknown one. Owner and thread:
// see tls.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

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
  /// An error when OpenSSL refuses a certificate (key too small, say).
  static base::Result<base::IntrusivePtr<OpenSslContext>> make(
      std::vector<TlsCertificate> certificates, TlsVersion min_version, TicketKeysRef ticket_keys);

  OpenSslContext(Private, std::vector<TlsCertificate> certificates, TicketKeysRef ticket_keys);

  double days_left() const override;
  void rotate_tickets() const override { ticket_keys_->rotate(); }
  /// One of its certificates is this one.
  bool serves(const TlsCertificate& certificate) const;
  /// A server's side of a connection that is about to begin. Any thread.
  SslPtr make_ssl() const;
  const TicketKeysRef& ticket_keys() const { return ticket_keys_; }

 private:
  struct Entry {
    std::vector<std::string> names;  // lower case; "*.example.com" for one label
    SslContextPtr context;
  };

  base::Result<SslContextPtr> make_context(const TlsCertificate& certificate,
                                           TlsVersion min_version);
  /// The context whose certificate is for `host` (lower case), exactly before by wildcard; or null.
  ssl_ctx_st* find(std::string_view host) const;
  static int choose_by_sni(ssl_st* ssl, int* alert, void* self);

  std::vector<TlsCertificate> certificates_;
  const TicketKeysRef ticket_keys_;
  std::vector<Entry> entries_;  // in the order of the certificates
};

}  // namespace gateway::net
