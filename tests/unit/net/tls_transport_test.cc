// The TLS transport alone, at a peer that says what no library would.
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <openssl/kdf.h>
#include <openssl/ssl.h>

#include "net/accepted.h"
#include "net/outbox.h"
#include "net/tls.h"
#include "net/transport.h"
#include "test_certificates.h"

namespace gateway::net {
namespace {

using Status = IoResult::Status;
using Bytes = std::basic_string<unsigned char>;

/// HKDF-Expand-Label without a context (RFC 8446 §7.1), by SHA-256.
Bytes expand(const Bytes& secret, std::string_view label, std::size_t bytes) {
  Bytes info{0, static_cast<unsigned char>(bytes), static_cast<unsigned char>(6 + label.size())};
  for (const char c : "tls13 " + std::string(label)) info += static_cast<unsigned char>(c);
  info += static_cast<unsigned char>(0);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY_derive_init(context.get());
  EVP_PKEY_CTX_set_hkdf_mode(context.get(), EVP_PKEY_HKDEF_MODE_EXPAND_ONLY);
  EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256());
  EVP_PKEY_CTX_set1_hkdf_key(context.get(), secret.data(), static_cast<int>(secret.size()));
  EVP_PKEY_CTX_add1_hkdf_info(context.get(), info.data(), static_cast<int>(info.size()));
  Bytes out(bytes, 0);
  EXPECT_EQ(EVP_PKEY_derive(context.get(), out.data(), &bytes), 1);
  return out;
}

/// The first record that a client with this secret sends (§5.2, AES-128-GCM): bytes of a handshake
/// message.
Bytes first_record(const Bytes& secret, Bytes message) {
  const Bytes key = expand(secret, "key", 16);
  const Bytes nonce = expand(secret, "iv", 12);  // sequence number 0
  message += static_cast<unsigned char>(SSL3_RT_HANDSHAKE);
  const Bytes head{SSL3_RT_APPLICATION_DATA, 3, 3, 0,
                   static_cast<unsigned char>(message.size() + 16)};
  Bytes sealed(message.size() + 16, 0);
  int length = 0;
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(),
                                                                               EVP_CIPHER_CTX_free);
  EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, key.data(), nonce.data());
  EVP_EncryptUpdate(cipher.get(), nullptr, &length, head.data(), static_cast<int>(head.size()));
  EVP_EncryptUpdate(cipher.get(), sealed.data(), &length, message.data(),
                    static_cast<int>(message.size()));
  EVP_EncryptFinal_ex(cipher.get(), sealed.data() + length, &length);
  EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, 16, sealed.data() + message.size());
  return head + sealed;
}

class TlsTransportTest : public testing::Test {
 protected:
  TlsTransportTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    server_end_ = Fd(ends[0]);
    client_end_ = Fd(ends[1]);
    secret_.clear();
    SSL_CTX_set_ciphersuites(context_.get(), "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_keylog_callback(context_.get(), [](const SSL*, const char* line) {
      const std::string_view text = line;
      if (!text.starts_with("CLIENT_TRAFFIC_SECRET_0 ")) return;
      for (std::size_t at = text.rfind(' ') + 1; at + 1 < text.size(); at += 2) {
        secret_ +=
            static_cast<unsigned char>(std::stoi(std::string(text.substr(at, 2)), nullptr, 16));
      }
    });
  }

  void shake(std::uint32_t records_per_key) {
    const CertificateFiles files = certificates_.make("server", "DNS:server.example");
    TlsContextRef tls = *make_tls_context({{files}}, nullptr);
    server_ = make_tls_transport(std::move(tls), server_end_.get(), *space_, records_per_key);
    client_.reset(SSL_new(context_.get()));
    SSL_set_fd(client_.get(), client_end_.get());
    SSL_set_connect_state(client_.get());
    constexpr std::array<unsigned char, 3> kH2{2, 'h', '2'};
    SSL_set_alpn_protos(client_.get(), kH2.data(), kH2.size());
    bool done = false;
    for (int i = 0; i < 20 && !done; ++i) {
      const bool client = SSL_do_handshake(client_.get()) == 1;
      done = server_->handshake().status == Status::ok && client;
    }
    ASSERT_TRUE(done);
  }
  /// What the client reads of it.
  std::string say(std::string_view text) {
    EXPECT_EQ(server_->write(text.data(), text.size()).status, Status::ok);
    EXPECT_EQ(server_->flush().status, Status::ok);
    return heard();
  }
  std::string heard() {
    std::array<char, 1000> buffer{};
    const int got = SSL_read(client_.get(), buffer.data(), buffer.size());
    return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  }

  static inline Bytes secret_;
  Certificates certificates_;
  Fd server_end_;
  Fd client_end_;
  std::unique_ptr<OutboxSpace> space_ = std::make_unique<OutboxSpace>();
  std::unique_ptr<Transport> server_;
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{SSL_CTX_new(TLS_client_method()),
                                                                   SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> client_{nullptr, SSL_free};
};

// Between its halves OpenSSL refuses to change keys, and to write.
TEST_F(TlsTransportTest, HalfAKeyUpdateStopsNobodyButItsSender) {
  constexpr std::uint32_t kRecords = 3;
  shake(kRecords);
  for (std::uint32_t i = 0; i < kRecords; ++i) EXPECT_EQ(say("answer"), "answer");
  const Bytes half = first_record(secret_, {SSL3_MT_KEY_UPDATE, 0, 0, 1});
  ASSERT_EQ(::send(client_end_.get(), half.data(), half.size(), 0),
            static_cast<ssize_t>(half.size()));
  std::array<char, 100> buffer{};
  EXPECT_EQ(server_->read(buffer.data(), buffer.size()).status, Status::again);
  const IoResult step = server_->write("answer", 6);
  EXPECT_EQ(step.status, Status::again);
  EXPECT_FALSE(step.wants_write) << "it wants the other half";
}

}  // namespace
}  // namespace gateway::net
