// What: as much JSON as a client reads of a gateway's answers: members of an object, strings, lists
// of strings. It never trusts what it reads: all that is no JSON (RFC 8259) is "nothing". Pure
// functions over views; nothing keeps a view.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::client {

/// Is `text` exactly one JSON value, with nothing but white space around it, and nested at most 64
/// deep (what a gateway takes)?
bool is_json(std::string_view text);
/// The value of the first member `name` of the object `text`, as it is written there.
std::optional<std::string_view> json_member(std::string_view text, std::string_view name);
/// What the string literal `value` says.
std::optional<std::string> json_text(std::string_view value);
/// The strings of the array `value`; empty where it is no array, or not of strings alone.
std::vector<std::string> json_texts(std::string_view value);
/// The text of member `name`, empty where there is none.
std::string json_text_member(std::string_view text, std::string_view name);

}  // namespace gateway::client
