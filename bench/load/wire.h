// What: a non-blocking socket to the server, plain or TLS. Owner: its connection. Thread: one.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

namespace bench {

/// A server's address, found out once.
struct Target {
  std::string scheme;     // as a request says it: https or http
  std::string host;       // for SNI
  std::string authority;  // host:port as the URL wrote it
  bool tls = false;
  bool h2 = false;
  sockaddr_storage address{};
  socklen_t address_bytes = 0;
};
/// Resolves and tries the address; ends the program when nobody listens there.
Target make_target(const std::string& url, bool http1);

/// TLS for many connections, with this ALPN; `ca` is a PEM file to trust, empty trusts anybody.
SSL_CTX* make_client_context(const std::string& ca, bool h2);

class Wire {
 public:
  enum class Handshake { done, waiting, failed };

  /// Begins to connect; `context` null: plain.
  Wire(const Target& target, SSL_CTX* context);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  int fd() const { return fd_; }
  /// Call when the socket is ready until it is no longer waiting.
  Handshake shake_hands();
  /// Bytes moved; 0: not now; -1: the connection is over.
  ssize_t read(char* to, std::size_t room);
  ssize_t write(std::string_view bytes);

 private:
  ssize_t outcome(int result);

  int fd_;
  SSL* ssl_ = nullptr;
};

}  // namespace bench
