// What: TLS on a socket to Redis, as its client: 1.2 or newer, and a certificate whose chain and
// name are verified, always. Owner: the wire. Thread: its loop's.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>

#include "backbone/options.h"
#include "base/result.h"

struct ssl_st;

namespace gateway::backbone {

class RedisTls {
  struct Private {};
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  using SslPtr = std::unique_ptr<ssl_st, Free>;

 public:
  /// On the connected socket `fd`, which outlives it. The error, of a file most likely, is for an
  /// operator.
  static base::Result<std::unique_ptr<RedisTls>> make(int fd, const std::string& host,
                                                      const RedisTlsOptions& options);
  /// By `make` alone.
  RedisTls(Private, SslPtr ssl, std::string name);
  ~RedisTls();
  RedisTls(const RedisTls&) = delete;
  RedisTls& operator=(const RedisTls&) = delete;

  /// True when it is done; else errno is EAGAIN, or says what failed.
  bool shake_hands();
  /// As recv(2) and send(2) of a socket that does not block. What is read has room for a whole
  /// record (16 KiB, RFC 8446 §5.1): what stayed inside would wake nobody.
  ssize_t read(char* bytes, std::size_t size);
  /// Not nothing; what waits may be written again with more behind it.
  ssize_t write(const char* bytes, std::size_t size);
  bool waits_to_write() const;
  /// After what failed, once: why, as far as it was TLS; else empty. Begins with "TLS: ".
  std::string fault() const;

 private:
  ssize_t settle(int result);
  std::string verdict(long result) const;

  const SslPtr ssl_;
  const std::string name_;
  bool broken_ = false;  // there is nobody to say goodbye to
};

}  // namespace gateway::backbone
