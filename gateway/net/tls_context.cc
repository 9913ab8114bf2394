#include "net/tls_context.h"

#include <algorithm>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/check.h"
#include "base/text.h"
#include "net/tls_policy.h"

namespace gateway::net {
void SslContextFree::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void SslFree::operator()(ssl_st* ssl) const { SSL_free(ssl); }

OpenSslContext::OpenSslContext(Private /*made by make*/, TlsVersion min_version,
                               TicketKeysRef ticket_keys, ClientAuthorityRef clients)
    : min_version_(min_version),
      ticket_keys_(std::move(ticket_keys)),
      clients_(std::move(clients)) {}

OpenSslContext::Made OpenSslContext::make(const TlsOptions& options, const OpenSslContext* before) {
  Made made;
  TicketKeysRef keys = ticket_keys(options, before, made.problems);
  ClientAuthorityRef clients = client_authority(options, before, made.problems);
  made.context = base::make_intrusive<OpenSslContext>(Private{}, options.min_version,
                                                      std::move(keys), std::move(clients));
  for (std::size_t i = 0; i < options.certificates.size(); ++i) {
    const auto added = made.context->add(options.certificates[i], before);
    if (added) continue;
    made.problems.push_back("tls.certificates[" + std::to_string(i) +
                            "]: " + added.error().message);
    if (before == nullptr || i >= before->entries_.size()) continue;
    const auto kept = made.context->add(before->entries_[i].certificate);
    BC_CHECK(kept.ok(), i);  // OpenSSL took it before
  }
  return made;
}

/// Random ones are those of the context before, if it has such: it is the same process.
TicketKeysRef OpenSslContext::ticket_keys(const TlsOptions& options, const OpenSslContext* before,
                                          TlsProblems& problems) {
  if (!options.ticket_keys.empty()) {
    auto loaded = TicketKeys::load(options.ticket_keys);
    if (loaded) return *std::move(loaded);
    problems.push_back(loaded.error().message);
    if (before != nullptr) return before->ticket_keys_;
  } else if (before != nullptr && before->ticket_keys_->random()) {
    return before->ticket_keys_;
  }
  return TicketKeys::make_random();
}

ClientAuthorityRef OpenSslContext::client_authority(const TlsOptions& options,
                                                    const OpenSslContext* before,
                                                    TlsProblems& problems) {
  if (options.client_ca.empty()) return {};
  auto loaded = ClientAuthority::load(options.client_ca);
  if (loaded) return *std::move(loaded);
  problems.push_back("tls.client_ca: " + loaded.error().message);
  return before == nullptr ? ClientAuthorityRef() : before->clients_;
}

base::Result<base::Unit> OpenSslContext::add(const CertificateFiles& files,
                                             const OpenSslContext* before) {
  base::Result<TlsCertificateRef> loaded = load_certificate(files);
  if (!loaded) return base::Fail{loaded.error()};
  if (before == nullptr) warn_about_dates(**loaded);
  if (before != nullptr && !is_in_date(**loaded) && !before->serves(**loaded)) {
    return base::Fail{base::Error{(*loaded)->file +
                                  ": has expired or is not valid yet, so it does not replace "
                                  "what is in use; renew it, or set this machine's clock"}};
  }
  return add(*std::move(loaded));
}

base::Result<base::Unit> OpenSslContext::add(TlsCertificateRef certificate) {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  BC_CHECK(context != nullptr, openssl_error());
  set_policy(context.get(), min_version_, *ticket_keys_);
  if (clients_) clients_->install(context.get());
  SSL_CTX_callback_ctrl(context.get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(&OpenSslContext::choose_by_sni));
  SSL_CTX_set_tlsext_servername_arg(context.get(), this);
  bool good = SSL_CTX_use_certificate(context.get(), certificate->leaf.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context.get(), certificate->key.get()) == 1;
  for (const X509Ptr& issuer : certificate->chain) {
    good = good && SSL_CTX_add1_chain_cert(context.get(), issuer.get()) == 1;
  }
  if (!good) {
    return base::Fail{base::Error{certificate->file + ": OpenSSL refuses this certificate (" +
                                  openssl_error() +
                                  "); use an ECDSA P-256 key or RSA with 2048 bits or more"}};
  }
  entries_.push_back({std::move(certificate), std::move(context)});
  return base::Unit{};
}

const TlsCertificate& OpenSslContext::first_to_end() const {
  const auto first =
      std::min_element(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
        return net::days_left(*a.certificate) < net::days_left(*b.certificate);
      });
  return *first->certificate;
}

double OpenSslContext::days_left() const { return net::days_left(first_to_end()); }

const std::string& OpenSslContext::ends_first() const { return first_to_end().file; }

std::vector<std::string> OpenSslContext::files_beyond(const TlsContext& other) const {
  const auto& before = static_cast<const OpenSslContext&>(other);  // the only kind there is
  std::vector<std::string> files;
  for (const Entry& entry : entries_) {
    const bool same = std::any_of(
        before.entries_.begin(), before.entries_.end(),
        [&entry](const Entry& former) { return *former.certificate == *entry.certificate; });
    if (!same) files.push_back(entry.certificate->file);
  }
  return files;
}

bool OpenSslContext::serves(const TlsCertificate& certificate) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return X509_cmp(entry.certificate->leaf.get(), certificate.leaf.get()) == 0;
  });
}

bool OpenSslContext::equals(const OpenSslContext& other) const {
  const bool same_clients =
      clients_ && other.clients_ ? *clients_ == *other.clients_ : !clients_ && !other.clients_;
  return same_clients && ticket_keys_->equals(*other.ticket_keys_) &&
         std::equal(
             entries_.begin(), entries_.end(), other.entries_.begin(), other.entries_.end(),
             [](const Entry& a, const Entry& b) { return *a.certificate == *b.certificate; });
}

SslPtr OpenSslContext::make_ssl() const {
  ERR_clear_error();
  SslPtr ssl(SSL_new(entries_.front().context.get()));
  BC_CHECK(ssl != nullptr, openssl_error());
  SSL_set_accept_state(ssl.get());
  return ssl;
}

ssl_ctx_st* OpenSslContext::find(std::string_view host) const {
  const std::size_t dot = host.find('.');
  const std::string wildcard =
      dot == std::string_view::npos ? "" : "*" + std::string(host.substr(dot));
  for (const std::string_view wanted : {host, std::string_view(wildcard)}) {
    if (wanted.empty()) continue;
    for (const Entry& entry : entries_) {
      const std::vector<std::string>& names = entry.certificate->names;
      if (std::find(names.begin(), names.end(), wanted) != names.end()) return entry.context.get();
    }
  }
  return nullptr;
}

// RFC 6066 §3. An unknown name is served by the first certificate: the client decides.
int OpenSslContext::choose_by_sni(ssl_st* ssl, int* /*alert*/, void* self) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  ssl_ctx_st* context = static_cast<const OpenSslContext*>(self)->find(base::ascii_lower(name));
  if (context == nullptr) return SSL_TLSEXT_ERR_NOACK;
  if (SSL_set_SSL_CTX(ssl, context) == nullptr) return SSL_TLSEXT_ERR_ALERT_FATAL;
  return SSL_TLSEXT_ERR_OK;
}

base::Result<TlsContextRef, TlsProblems> make_tls_context(const TlsOptions& options,
                                                          const TlsContext* previous) {
  if (options.certificates.empty()) {
    return base::Fail{TlsProblems{
        "an https listener needs a certificate; name one under tls.certificates, or listen on "
        "http://"}};
  }
  const auto* before = static_cast<const OpenSslContext*>(previous);  // the only kind there is
  OpenSslContext::Made made = OpenSslContext::make(options, before);
  if (!made.problems.empty()) return base::Fail{std::move(made.problems)};
  return TlsContextRef(made.context.get());
}

TlsRenewal renew_tls_context(const TlsOptions& options, const TlsContext& running) {
  const auto& before = static_cast<const OpenSslContext&>(running);
  OpenSslContext::Made made = OpenSslContext::make(options, &before);
  TlsRenewal renewal{{}, std::move(made.problems)};
  if (!made.context->equals(before)) renewal.context = TlsContextRef(made.context.get());
  return renewal;
}

}  // namespace gateway::net
