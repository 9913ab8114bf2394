// What: an http::Exchange without a session: it keeps what the handler answers, and the test pulls
// the body as a session would, in pieces of any size. Owner and thread: the test's.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "http/access_line.h"
#include "http/exchange.h"

namespace gateway::test {

/// A request for `target` ("/events?boards=a") over HTTP/2.
inline http::Request make_request(std::string method, std::string_view target) {
  http::Request request;
  request.method = std::move(method);
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  request.authority = "localhost:8443";
  request.tls = true;
  return request;
}

class FakeExchange final : public http::Exchange {
 public:
  explicit FakeExchange(http::Request request) : request_(std::move(request)) {}
  FakeExchange(std::string method, std::string_view target)
      : request_(make_request(std::move(method), target)) {}

  http::Request& mutable_request() { return request_; }
  http::Peer& mutable_peer() { return peer_; }
  const http::Request& request() const override { return request_; }
  const http::Peer& peer() const override { return peer_; }
  http::AccessLine* access_line() const override { return line_.get(); }
  /// The log gets its line when it dies. `clock` outlives it.
  void log(const base::Clock& clock) {
    line_ = std::make_unique<http::AccessLine>(request_, peer_, clock);
  }

  void respond(http::Response response) override {
    BC_CHECK(!response_, response.status);
    response_ = std::move(response);
  }
  void respond_stream(http::Response head, std::unique_ptr<http::BodySource> source) override {
    BC_CHECK(!response_, head.status);
    response_ = std::move(head);
    streamed_ = true;
    if (request_.method != "HEAD") source_ = std::move(source);
  }
  void wake() override { ++wakes_; }
  void abort() override { aborted_ = true; }

  bool answered() const { return response_.has_value(); }
  /// The answer is streamed (its end may have been read already).
  bool streamed() const { return streamed_; }
  /// The answer; a failed check when there is none yet.
  const http::Response& response() const {
    BC_CHECK(response_.has_value());
    return *response_;
  }
  std::string_view field(std::string_view name) const { return response().fields.get(name); }
  std::size_t wakes() const { return wakes_; }
  bool aborted() const { return aborted_; }
  /// The stream is open: its source lives and has not said that it ended.
  bool open() const { return source_ != nullptr; }

  /// One question to the source and what it gave. At its end the source is destroyed.
  std::string pull(std::size_t max) {
    BC_CHECK(source_ != nullptr);
    const http::BodySource::Ready ready = source_->ready(max);
    BC_CHECK(ready.bytes <= max, ready.bytes, max);
    std::string bytes(ready.bytes, '\0');
    if (ready.bytes > 0) source_->copy(bytes.data(), ready.bytes);
    if (ready.next == http::BodySource::Next::end) source_.reset();
    return bytes;
  }
  /// All that there is now, asked for `max` bytes at a time.
  std::string pull_all(std::size_t max = 16 * 1024) {
    std::string all;
    while (source_) {
      const std::string bytes = pull(max);
      if (bytes.empty()) break;
      all += bytes;
    }
    return all;
  }
  /// The peer resets the stream.
  void close() { source_.reset(); }

 private:
  http::Request request_;
  http::Peer peer_{"127.0.0.1:40612", "c17", http::Protocol::http2};
  std::unique_ptr<http::AccessLine> line_;
  std::optional<http::Response> response_;
  bool streamed_ = false;
  bool aborted_ = false;
  std::size_t wakes_ = 0;
  std::unique_ptr<http::BodySource> source_;
};

}  // namespace gateway::test
