// What: one HTTP connection of the load generator: requests out, statuses and bodies in. What the
// two versions share is here; make_connection chooses. Owner: whoever made it. Thread: one.
// Requests are numbered from 0 in the order in which they were made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "load/plan.h"
#include "load/wire.h"

namespace bench {

/// Whoever reads the responses. A request ends once, unless its connection ends before.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual void on_status(std::size_t request, int status) = 0;
  /// Any piece of the body; `now` is when it was read.
  virtual void on_data(std::size_t request, std::string_view bytes, std::int64_t now) = 0;
  virtual void on_end(std::size_t request) = 0;
};

struct Request {
  std::string_view method;
  std::string_view path;
  const Fields& fields;
  std::string_view body = {};
};

class Connection {
 public:
  enum class State { connecting, open, closed };

  Connection(const Target& target, SSL_CTX* context, Reader& reader)
      : target_(target), reader_(reader), wire_(target, context) {}
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return wire_.fd(); }
  State state() const { return state_; }
  /// Queues a request; it goes out with the next `flush`, or when the server's windows let it.
  virtual void send(const Request& request) = 0;
  void flush();
  /// The socket is ready: shakes hands, or reads and writes what waits. True: more may be there to
  /// be read, of which the socket will not tell; to be called again when others had their turn.
  bool on_ready();
  /// Reads at most so much. True: more may be there.
  bool read(std::size_t bytes_max);
  /// From now on only `read` reads.
  void read_slowly() { slow_ = true; }

 protected:
  /// The connection is open: the first bytes.
  virtual void begin() = 0;
  /// False: the server broke the protocol.
  virtual bool receive(std::string_view bytes, std::int64_t now) = 0;

  const Target& target_;
  Reader& reader_;
  std::string unsent_;

 private:
  Wire wire_;
  State state_ = State::connecting;
  bool slow_ = false;
};

/// `chrome`: streams are opened as Chrome does (HTTP/2).
std::unique_ptr<Connection> make_connection(const Target& target, SSL_CTX* context, Reader& reader,
                                            bool chrome);

}  // namespace bench
