// What: an HTTP/1.1 client (RFC 9112) for one request at a time; the others wait. Owner and thread:
// as every Connection.
#pragma once

#include <deque>
#include <string>

#include "load/connection.h"

namespace bench {

class H1Connection final : public Connection {
 public:
  using Connection::Connection;
  void send(const Request& request) override;

 private:
  enum class At { head, sized, endless, chunk_size, chunk, chunk_end, trailer };

  void begin() override { next(); }
  bool receive(std::string_view bytes, std::int64_t now) override;
  void next();
  bool take_line(std::string_view& bytes);
  bool on_line();
  bool on_head_line();
  bool on_chunk_size();
  void on_body(std::string_view& bytes, std::int64_t now);
  void end();

  std::deque<std::string> waiting_;
  std::size_t request_ = 0;
  bool busy_ = false;
  At at_ = At::head;
  std::string line_;
  int status_ = 0;
  bool chunked_ = false;
  bool has_length_ = false;
  std::uint64_t left_ = 0;  // of the body or the chunk
};

}  // namespace bench
