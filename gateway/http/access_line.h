// What: the line that the log gets of one exchange with log.access: who asked what, and what came
// of it. It is written when the object dies, so it is handed to whatever of the exchange dies last:
// the request, or else the body of the answer. It holds copies, since a request is freed long
// before a stream ends; of the query it holds nothing, since tokens may stand there. Owner: the
// request or the body. Thread: the connection's worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "http/body_source.h"
#include "http/exchange.h"

namespace gateway::http {

class AccessLine {
 public:
  /// Of a request that goes to its handler now. `peer` and `clock` outlive the object.
  AccessLine(const Request& request, const Peer& peer, const base::Clock& clock);
  ~AccessLine();
  AccessLine(const AccessLine&) = delete;
  AccessLine& operator=(const AccessLine&) = delete;

  /// In the place of the request's own, where that tells a secret.
  void set_path(std::string path) { path_ = std::move(path); }
  /// Whom a token or a certificate was made out to; empty: there was none.
  void set_subject(std::string_view subject) { subject_ = subject; }
  /// The answer begins.
  void answered(int status) { status_ = status; }
  /// So much of its body was given to the connection, framing apart.
  void sent(std::size_t bytes) { bytes_ += bytes; }
  /// Of an event stream: why it ended, a text that is static, and how many events it was given.
  void stream_ended(std::string_view reason, std::uint64_t events);

 private:
  const Peer& peer_;
  const base::Clock& clock_;
  const base::MonoTime began_;
  std::string method_;
  std::string path_;
  std::string subject_;
  std::string_view ended_;  // empty: it was no event stream
  std::uint64_t events_ = 0;
  std::uint64_t bytes_ = 0;
  int status_ = 0;  // 0: the client was gone before there was an answer
  const Protocol protocol_;
};

/// `source`, which dies before `line` and counts in it what it gives; itself when `line` is null.
std::unique_ptr<BodySource> logged(std::unique_ptr<BodySource> source,
                                   std::unique_ptr<AccessLine> line);

}  // namespace gateway::http
