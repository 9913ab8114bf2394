// What: what the HTTP/1.1 and HTTP/2 sessions share: building a Request field by field within the
// limits, and the parts of a response that are the session's work. Owner: a builder lives on a
// session while one header section is read. Thread: the connection's worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"
#include "http/message.h"
#include "http/options.h"
#include "http/session.h"

namespace gateway::http {

/// To whoever sends a body while memory is short (SessionContext::memory_is_short).
inline constexpr Refusal kMemoryShort = {503, "This node is short of memory: try again later."};

/// What a field counts besides its name and value (RFC 9113 §6.5.2).
inline constexpr std::size_t kFieldOverhead = 32;

/// Collects one header section. Only fields that some handler reads are stored, for
/// they take memory until the head of the answer has gone out: accept,
/// access-control-request-method, authorization, content-length, content-type, host, last-event-id,
/// origin, and of cookie the pair that options.cookie names. All count against the limits.
class RequestBuilder {
 public:
  /// Against `header_bytes` (name + value + kFieldOverhead each) and `header_fields` (cookies only
  /// count by bytes: HTTP/2 clients send one field per cookie). `far_over` is more than
  /// twice the bytes.
  enum class Size : std::uint8_t { fits, over, far_over };

  /// `options` outlives the builder.
  RequestBuilder(const Options& options, Protocol protocol, bool tls);

  /// Takes a field or an HTTP/2 pseudo field (":method", ":path", ":authority"; other names that
  /// begin with ':' are only counted). `name` is lower case, `value` without surrounding white
  /// space; neither is kept as a view. Once over the limit nothing is stored any more.
  Size add(std::string_view name, std::string_view value);

  /// For HTTP/1.1, whose request line is no field. The target may be in origin form, in HTTP/1.1
  /// also absolute form (its authority then counts instead of `host`, RFC 9112 §3.2.2), or `*` for
  /// OPTIONS.
  void set_method(std::string_view method);
  void set_target(std::string_view target);
  /// For HTTP/1.0, which did not know the field yet.
  void allow_missing_host() { host_may_miss_ = true; }

  /// The section is complete: what is wrong with it, if anything. 431 over a limit, 501 CONNECT,
  /// 414 a target over `url_bytes`, 400 no or two or differing authorities or a broken target, 421
  /// a host that is not in `options.hosts`.
  std::optional<Refusal> check() const;

  /// The request, without body; what could be read of it when `check` found something. The builder
  /// is spent.
  Request take();

 private:
  void take_authority(std::string_view value);
  void take_host(std::string_view value);
  void keep_cookie(std::string_view pairs);
  void keep(std::string_view name, std::string_view value);
  std::optional<Refusal> check_authority() const;

  const Options& options_;
  Request request_;
  std::vector<Field> kept_;
  std::string host_;
  std::size_t bytes_ = 0;
  std::size_t counted_fields_ = 0;
  std::uint32_t hosts_ = 0;
  bool host_may_miss_ = false;
  bool has_authority_ = false;  // :authority or absolute form
  bool target_is_absolute_ = false;
  bool target_too_long_ = false;
  bool target_broken_ = false;
};

/// Whether `authority` ("Example.com:8443", "[::1]") names one of `hosts`, ports left aside, case
/// ignored. Every host does when `hosts` is empty.
bool host_is_served(std::string_view authority, const std::vector<std::string>& hosts);

/// Whether a response has content on the wire (RFC 9110 §6.4.1): not to HEAD, not 1xx, 204, 304.
bool has_content(std::string_view method, int status);

/// Adds what a session owes to every response: `date`, and `content-length` when the length is
/// known and the status may carry it (not 1xx, 204, 304). For HEAD it is what GET would send.
/// Blanks control characters in all values (RFC 9110 §5.5): one that could end its line would let
/// whoever chose the value write the next one, here or behind a gateway that speaks HTTP/1.1.
void complete_fields(Response& response, std::optional<std::size_t> length, std::string_view date);

/// Fields that belong to one connection and must not appear in HTTP/2 (RFC 9113 §8.2.2).
bool is_connection_field(std::string_view name);

/// Adds a final status (200–599) to its class.
void count_response(SessionCounters& counters, int status);

}  // namespace gateway::http
