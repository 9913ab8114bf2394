// What: one worker's connections over TLS, with two certificates chosen by name, and OpenSSL as the
// client. Owner and thread: the test's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <openssl/err.h>

#include "net/tls.h"
#include "net_world.h"
#include "test_certificates.h"

namespace gateway::net {

using SslContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Ssl = std::unique_ptr<SSL, decltype(&SSL_free)>;
using Session = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

inline constexpr char kBoth[] = "\2h2\10http/1.1";

class TlsWorld : public NetWorld {
 protected:
  TlsWorld() {
    use({certificates_.make("first", "DNS:first.example"),
         certificates_.make("second", "DNS:second.example,DNS:*.wild.example")});
    SSL_CTX_set_ex_data(client_context_.get(), 0, this);
    SSL_CTX_set_session_cache_mode(client_context_.get(), SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(client_context_.get(), [](SSL* ssl, SSL_SESSION* session) {
      static_cast<TlsWorld*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0))->ticket_.reset(session);
      return 1;
    });
  }

  void use(const std::vector<CertificateFiles>& files, TlsVersion version = TlsVersion::tls1_2) {
    use(TlsOptions{files, version});
  }
  void use(const TlsOptions& options) {
    auto made = make_tls_context(options, tls_.get());
    ASSERT_TRUE(made.ok()) << made.error().front();
    tls_ = std::move(made).value();
    make_connections(tls_);
  }

  /// A client on a new connection; `alpn` in wire form.
  Ssl begin(std::string_view alpn = {kBoth, sizeof kBoth - 1}) {
    socket_ = connect(Scheme::https, buffer_bytes_);
    Ssl ssl(SSL_new(client_context_.get()), &SSL_free);
    SSL_set_fd(ssl.get(), socket_.get());
    SSL_set_connect_state(ssl.get());
    if (!alpn.empty()) {
      SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                          static_cast<unsigned>(alpn.size()));
    }
    return ssl;
  }

  /// Turns until the client's handshake is over: true when it succeeded.
  bool shake(SSL* ssl) {
    bool good = false;
    const bool ended = turn_until([&] {
      ERR_clear_error();
      const int result = SSL_do_handshake(ssl);
      good = result == 1;
      const int error = SSL_get_error(ssl, result);
      return good || (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE);
    });
    alert_ = good ? 0 : ERR_GET_REASON(ERR_peek_error());
    return ended && good;
  }

  bool get(SSL* ssl, std::string& answer) {
    EXPECT_EQ(SSL_write(ssl, kGet.data(), static_cast<int>(kGet.size())),
              static_cast<int>(kGet.size()));
    return turn_until([&] {
      char buffer[4096];
      const int got = SSL_read(ssl, buffer, sizeof buffer);
      if (got > 0) answer.append(buffer, static_cast<std::size_t>(got));
      return answer.find("GET /") != std::string::npos;
    });
  }

  static std::string alpn_of(SSL* ssl) {
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl, &name, &length);
    return {reinterpret_cast<const char*>(name), length};
  }
  static std::string subject_of(SSL* ssl) {
    char name[64] = {};
    const std::unique_ptr<X509, decltype(&X509_free)> leaf(SSL_get1_peer_certificate(ssl),
                                                           &X509_free);
    X509_NAME_get_text_by_NID(X509_get_subject_name(leaf.get()), NID_commonName, name, sizeof name);
    return name;
  }

  Certificates certificates_;
  TlsContextRef tls_;
  SslContext client_context_{SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
  Session ticket_{nullptr, &SSL_SESSION_free};
  Fd socket_;
  int buffer_bytes_ = 0;
  int alert_ = 0;
};

}  // namespace gateway::net
