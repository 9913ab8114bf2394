// What: requests and responses as values, the same for HTTP/1.1 and HTTP/2 (RFC 9110). Field names
// are lower case. Thread: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway::http {

enum class Protocol : std::uint8_t { http1, http2 };
/// "http/1.1" or "h2", as ALPN names them (RFC 7301).
std::string_view to_string(Protocol protocol);

struct Field {
  std::string name;
  std::string value;
};

/// A list of fields in order; lists here are short, so look-up is a scan.
class Fields {
 public:
  /// `name` must be lower case.
  void add(std::string name, std::string value) {
    fields_.push_back({std::move(name), std::move(value)});
  }
  /// The first value of `name`; empty when there is none. The view lives as long as the list is
  /// unchanged.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  /// Adds `member` to the comma list `name` unless it is there ("vary").
  void append_member(std::string_view name, std::string_view member);
  /// Puts a space in the place of each control character in a value.
  void blank_controls();
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }

 private:
  std::vector<Field> fields_;
};

/// A whole request. Only the fields that some handler uses are kept (see session_common.h).
struct Request {
  std::string method;     // "GET", as sent
  std::string path;       // of the target, percent-encoding kept: "/events"
  std::string query;      // of the target, without '?', still encoded
  std::string authority;  // :authority or host, lower case, with port when given
  Fields fields;  // kept header fields; a repeated one is joined with ", " (cookies with "; ")
  std::string body;
  Protocol protocol = Protocol::http2;
  bool tls = false;
};

/// A response whose body is whole or comes from a BodySource. `content-length`, `date` and the
/// framing fields are the session's work; handlers never set them.
struct Response {
  int status = 200;
  Fields fields;
  std::string body;
  /// The connection takes no request behind this one, as in Session::shut_down: its client is to
  /// come on another.
  bool ends_connection = false;
};

/// Of a request that changes nothing (RFC 9110 §9.2.1).
bool is_safe_method(std::string_view method);

/// Of a token (RFC 9110 §5.6.2), as methods, names of fields and media types are.
bool is_token_character(char c);

/// The reason phrase of RFC 9110 §15 ("Not Found"); "Unknown" for others.
std::string_view reason_phrase(int status);

}  // namespace gateway::http
