// What: the checks that keep two readers of one HTTP/1.1 connection from seeing different requests
// (request smuggling, RFC 9112 §11.2). The parser library accepts most of what is refused here:
// folded lines arrive unfolded, "3, 3" and "xchunked" pass. Owner: the parser of a connection.
// Thread: the connection's worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/exchange.h"
#include "http/options.h"

namespace gateway::http {

/// Looks at the raw bytes of a head (request line, fields, empty line) as they arrive, each byte
/// once, and finds its end. Refuses at the first byte that is wrong, so that a head which never
/// ends by the rules (bare LF, a TLS hello) need not wait for a timer. A request line that is only
/// too long is followed to the head's end, for the `origin` behind it, within the bytes that a head
/// may have in all.
class HeadScanner {
 public:
  enum class State : std::uint8_t { incomplete, complete, refused };

  /// 414 for a request line that cannot be within `options.url_bytes`, 431 for fields over
  /// `options.header_bytes` as they are on the wire.
  explicit HeadScanner(const Options& options);

  /// `head`: all bytes since the head's first; longer at each call. Once complete or refused it
  /// stays so until `reset`.
  State scan(std::string_view head);
  /// The bytes looked at. complete: the head's length, empty line included.
  std::size_t bytes() const { return at_; }
  /// refused: why.
  const Refusal& refusal() const { return refusal_; }
  void reset();

 private:
  State take(char c);
  State check_size();
  State end_line();
  State refuse(const Refusal& refusal);

  std::size_t request_line_max_;
  std::size_t fields_max_;
  State state_ = State::incomplete;
  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  std::size_t fields_begin_ = 0;  // 0 while in the request line
  bool after_cr_ = false;
  bool line_too_long_ = false;
  Refusal refusal_;
};

/// The value of the one `origin` line that is whole in `part`, the bytes looked at of a head that
/// nobody will read; empty without one, and with several. All else in such a head is left alone:
/// this much only decides whether a page may read that its request was refused.
std::string_view lone_origin(std::string_view part);

/// What the fields of a head say about where its body ends, and whether they say it in the one way
/// that every reader understands (RFC 9112 §6).
class FramingFields {
 public:
  /// Notes a field; `name` is lower case, `value` without surrounding white space.
  void add(std::string_view name, std::string_view value);

  /// What is wrong, if anything: 400 for content-length together with transfer-encoding, repeated
  /// or not all digits, for a transfer-encoding other than `chunked`, repeated or before
  /// HTTP/1.1; 417 for an expectation other than `100-continue`.
  std::optional<Refusal> check(bool http11) const;

  /// Of fields that passed the check.
  bool chunked() const { return transfer_encodings_ > 0; }
  std::uint64_t content_length() const;
  /// The client waits for an interim answer before it sends a body.
  bool expects_continue() const { return expects_continue_; }

 private:
  std::uint32_t content_lengths_ = 0;
  std::uint32_t transfer_encodings_ = 0;
  std::optional<std::uint64_t> length_;
  bool coding_is_chunked_ = false;
  bool expects_continue_ = false;
  bool expects_other_ = false;
};

}  // namespace gateway::http
