// What: the TLS side of the process: certificates chosen by SNI, TLS 1.2 (AEAD and ECDHE only)
// and 1.3, ALPN h2 then http/1.1, session tickets with keys that all contexts share, certificates
// of clients where CAs for them are named, no renegotiation, no compression, no early data. Owner:
// shared by the supervisor, the workers and the handshakes that began with it, so that a new one
// can take its place at any time. Thread: immutable, safe to use from any.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/intrusive_ptr.h"
#include "base/result.h"
#include "net/options.h"

namespace gateway::net {

/// How long a ticket is good.
inline constexpr std::chrono::hours kTicketLife{2};

class TlsContext : public base::SharedCount<TlsContext> {
 public:
  virtual ~TlsContext() = default;
  /// Days until the certificate that expires first does; negative when one has.
  virtual double days_left() const = 0;
  /// The file of that certificate.
  virtual const std::string& ends_first() const = 0;
  /// The files of its certificates that `other` does not serve.
  virtual std::vector<std::string> files_beyond(const TlsContext& other) const = 0;
  /// A new key encrypts session tickets; those of the one before are accepted still. Call every
  /// kTicketLife: a key that is gone is one that nobody can steal. Nothing with `ticket_keys`.
  virtual void rotate_tickets() const = 0;
};

using TlsContextRef = base::IntrusivePtr<const TlsContext>;

/// What is wrong with files, a line for each pair of certificates, for the ticket keys and for the
/// CAs of clients:
/// "tls.certificates[1]: FILE: what, and what to do".
using TlsProblems = std::vector<std::string>;

/// Loads and checks everything: files readable, key matches its certificate, dates valid. At the
/// start a certificate outside of its dates is only worth a warning in the log. With `previous`,
/// which this one is to replace, it is an error unless it is in use there; and tickets that
/// `previous` issued keep resuming here, unless the CAs of clients are others: a swap of
/// certificates is no storm of full handshakes.
base::Result<TlsContextRef, TlsProblems> make_tls_context(const TlsOptions& options,
                                                          const TlsContext* previous = nullptr);

struct TlsRenewal {
  TlsContextRef context;  // null: what is good of the files is in use already
  TlsProblems problems;
};
/// What the files of `running` hold now; `options` are those that it was made by. What is wrong
/// with one pair stops no other: in its place `context` has what is in use.
TlsRenewal renew_tls_context(const TlsOptions& options, const TlsContext& running);

}  // namespace gateway::net
