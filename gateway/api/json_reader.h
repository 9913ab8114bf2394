// What: a JSON text (RFC 8259) as a row of tokens, each with the very characters it was written in.
// Strict: UTF-8, no lone surrogates, no repeated member in any object. Numbers are checked, never
// converted. No recursion and bounded memory: a hostile text costs time and space linear in its
// length (times a logarithm for the members of an object). Thread: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gateway::api {

struct JsonToken {
  enum class Kind : std::uint8_t {
    object_begin,
    object_end,
    array_begin,
    array_end,
    key,
    string,
    literal  // a number, true, false, null
  };
  Kind kind = Kind::literal;
  /// Keys and strings: the text without quotes and escapes; may hold NUL. Else empty. Lives until
  /// the visitor returns.
  std::string_view text;
  /// As written, quotes and escapes included. Lives as long as the JSON text.
  std::string_view source;
  /// The ',' or ':' before it; NUL when there is none.
  char separator = '\0';
};

class JsonVisitor {
 public:
  virtual ~JsonVisitor() = default;
  /// Takes the next token; false ends the reading.
  virtual bool visit(const JsonToken& token) = 0;
};

struct JsonError {
  std::string what;    // "Broken JSON: …", without a full stop; empty when the visitor ended it
  std::size_t at = 0;  // bytes from the start
};

/// Gives all tokens of the one value in `json` to `visitor`, in order, as far as they are right.
/// Containers may be nested `depth_max` deep.
base::Result<base::Unit, JsonError> read_json(std::string_view json, std::size_t depth_max,
                                              JsonVisitor& visitor);

}  // namespace gateway::api
