// What: OpenSSL's way to a socket: it reads from the socket and writes into an outbox. Owner: a TLS
// transport; outlives the SSL object that uses it. Thread: the worker's.
#pragma once

#include "net/outbox.h"

struct bio_st;

namespace gateway::net {

class TlsBio {
 public:
  /// Does not own `fd`; `outbox` outlives it.
  TlsBio(int fd, Outbox& outbox) : fd_(fd), outbox_(outbox) {}
  TlsBio(const TlsBio&) = delete;
  TlsBio& operator=(const TlsBio&) = delete;

  /// OpenSSL's handle of this one, for both directions; SSL_set_bio takes it.
  bio_st* make();

 private:
  static int read(bio_st* bio, char* to, int room);
  static int write(bio_st* bio, const char* from, int bytes);
  static long control(bio_st* bio, int what, long number, void* pointer);

  const int fd_;
  Outbox& outbox_;
  bool at_end_ = false;
};

}  // namespace gateway::net
