// What: JSON as tokens and keys have it, through jansson, strictly: one object, no member twice at
// any depth, valid UTF-8, no NUL. For the files of this room alone. Thread: values of one thread.
#pragma once

#include <jansson.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::auth {

struct JsonFree {
  void operator()(json_t* json) const { json_decref(json); }
};
using JsonPtr = std::unique_ptr<json_t, JsonFree>;

/// Null unless `text` is one object.
JsonPtr parse_object(std::string_view text);

/// Null when there is no such member. It lives as long as `object`.
const json_t* member(const json_t* object, const char* name);
/// The member's text, a view into it; nothing when it is missing or no string.
std::optional<std::string_view> text_member(const json_t* object, const char* name);
/// `json` is a string.
std::string_view text_of(const json_t* json);

}  // namespace gateway::auth
