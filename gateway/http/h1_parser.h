// What: HTTP/1.1 bytes into requests, one at a time (RFC 9112): heads by Boost.Beast's parser, fed
// by hand, between the checks of h1_head_check.h and the limits; bodies by h1_chunks.h or their
// length. Owner: the session. Thread: the connection's worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "http/exchange.h"
#include "http/message.h"
#include "http/options.h"

namespace gateway::http {

class H1Parser {
 public:
  /// head: bytes of the head are missing. body: the head was read, bytes of the body are missing.
  /// refused: see `refusal`; nothing more can be read from this connection.
  enum class State : std::uint8_t { head, body, complete, refused };

  /// `options` outlives the parser.
  H1Parser(const Options& options, bool tls);
  ~H1Parser();
  H1Parser(const H1Parser&) = delete;
  H1Parser& operator=(const H1Parser&) = delete;

  /// Reads on and returns how many of `bytes` it took; offer the rest again, with more behind it.
  /// A head is taken whole or not at all, of a body every byte. Stops behind the head and behind
  /// the request. Not after `complete` or `refused`.
  std::size_t parse(std::string_view bytes);
  State state() const { return state_; }
  /// head: its end will not come; `part` is what came of it, and was not taken. The request that it
  /// leaves knows its `origin`, if that is there and whole.
  void give_up_head(std::string_view part);

  /// From the end of the head on:
  bool http11() const;
  /// The client neither said `connection: close` nor speaks HTTP/1.0.
  bool keep_alive() const;
  /// There is a body, and the client asked to be told to send it (RFC 9110 §10.1.1).
  bool expects_continue() const;

  /// refused: the status and sentence for the client.
  const Refusal& refusal() const { return refusal_; }
  /// The request, whole when `complete`; otherwise what is known of it. Once a request.
  Request take_request();
  /// Ready for the next request.
  void reset();

 private:
  class Message;
  std::size_t parse_head(std::string_view bytes);
  std::size_t parse_body(std::string_view bytes);
  void refuse(const Refusal& refusal);

  const Options& options_;
  bool tls_;
  State state_ = State::head;
  bool blank_line_skipped_ = false;
  std::unique_ptr<Message> message_;
  Refusal refusal_;
};

}  // namespace gateway::http
