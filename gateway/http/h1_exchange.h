// What: one request on HTTP/1.1 and the beginning of its response; the writer then owns the rest.
// Owner: the session, from the request's end to the response's last byte. Thread: the connection's
// worker.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/access_line.h"
#include "http/exchange.h"
#include "http/h1_writer.h"
#include "http/session.h"

namespace gateway::http {

class H1Exchange final : public Exchange {
 public:
  /// What the response has to know of its connection. All outlive the exchange.
  struct Connection {
    const SessionContext& context;
    Session::Host& host;
    H1Writer& writer;
    base::HttpDate& date;
  };

  /// `chunks`: the client knows chunked framing (HTTP/1.1). `keep_alive`: the client does not mind
  /// another exchange on this connection.
  struct Traits {
    bool chunks = false;
    bool keep_alive = false;
  };

  H1Exchange(const Connection& connection, Request request, Traits traits);
  ~H1Exchange() override;

  const Request& request() const override;
  const Peer& peer() const override { return connection_.context.peer; }
  AccessLine* access_line() const override { return line_.get(); }
  void respond(Response response) override;
  void respond_stream(Response head, std::unique_ptr<BodySource> source) override;
  void wake() override;
  void abort() override;

  /// What has been answered is written: a stream that lasts for days keeps no cookie, no token.
  void drop_request() { request_.reset(); }
  /// The connection ends with this exchange; the response says so if it has not begun.
  void close_after() { traits_.keep_alive = false; }
  bool keep_alive() const { return traits_.keep_alive; }
  bool responded() const { return responded_; }
  bool aborted() const { return aborted_; }
  /// The response was written whole.
  bool ended() const { return responded_ && connection_.writer.drained(); }

 private:
  void begin(Response& response, std::optional<std::size_t> length);
  void put_body(std::string body);

  Connection connection_;
  std::unique_ptr<const Request> request_;
  std::unique_ptr<AccessLine> line_;  // null: not logged, or it is the body's
  Traits traits_;
  bool responded_ = false;
  bool aborted_ = false;
  std::unique_ptr<BodySource> unread_;  // the source of a response without content
};

}  // namespace gateway::http
