// What: one HTTP/2 client connection over TLS for load generators: nghttp2 without its I/O helpers,
// a non-blocking socket, everything driven from one epoll loop. Owner: the program. Thread: one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>

namespace bench {

struct Target {
  std::string host;
  std::string port;
  std::string authority;  // host:port as the URL wrote it
};
/// "https://host:port"; ends the program with a message when it is anything else.
Target parse_target(const std::string& url);

/// Calls for one request. Destroyed with its stream.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual void on_status(int status) = 0;
  virtual void on_data(std::string_view data) = 0;
  /// `error`: an HTTP/2 error code, 0 for a clean end.
  virtual void on_close(std::uint32_t error) = 0;
};

class Connection {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  /// Connects, shakes hands (blocking), then becomes non-blocking. Ends the program on failure.
  Connection(const Target& target, SSL_CTX* context);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return fd_; }
  bool closed() const { return closed_; }
  bool wants_write() const { return !unsent_.empty(); }

  void get(const std::string& path, const Fields& fields, std::unique_ptr<Reader> reader);
  void post(const std::string& path, const Fields& fields, std::string body,
            std::unique_ptr<Reader> reader);
  /// Reads and writes what the socket allows. Call when it is ready or after new requests.
  void run();

 private:
  struct Stream;
  void submit(const std::string& method, const std::string& path, const Fields& fields,
              std::unique_ptr<Stream> stream);
  void read_some();
  void write_some();
  static void set_callbacks(nghttp2_session_callbacks* callbacks);

  const Target target_;
  int fd_ = -1;
  SSL* ssl_ = nullptr;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<std::int32_t, std::unique_ptr<Stream>> streams_;  // by id
  std::string unsent_;
  bool closed_ = false;
};

/// TLS for many connections: ALPN h2; `ca` is a PEM file to trust, empty trusts anybody.
SSL_CTX* make_client_context(const std::string& ca);

/// Ends the program with a message on standard error.
[[noreturn]] void die(const std::string& message);

}  // namespace bench
