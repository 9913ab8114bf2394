// What: small questions about text that every room asks: UTF-8, ASCII, numbers, form decoding, the
// nearest known word. Pure functions over views; nothing keeps a view.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::base {

/// Well-formed UTF-8 by the Unicode standard, table 3-7: no surrogates, no overlong forms, ≤
/// U+10FFFF.
bool is_utf8(std::string_view text);
/// The length (1…4) of the well-formed character at the start of `text`, 0 when there is none.
std::size_t utf8_sequence(std::string_view text);

/// Has a byte below 0x20 or the byte 0x7F.
bool has_control(std::string_view text);
/// Has one of U+0080…U+009F (C1), which UTF-8 writes as C2 80…C2 9F: some terminals act on them as
/// they do on ESC sequences.
bool has_c1_control(std::string_view text);
/// Has one of either kind: the control characters of Unicode.
bool has_any_control(std::string_view text);

/// The characters of base64url (RFC 4648 §5), each at its value.
inline constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// ASCII letters only; other bytes stay.
std::string ascii_lower(std::string_view text);
bool ascii_equal_ignore_case(std::string_view a, std::string_view b);
/// Without leading and trailing spaces and tabs (RFC 9110 OWS).
std::string_view trim_ows(std::string_view text);

/// All of `text` as an unsigned decimal number (digits only, no sign); nothing on overflow or other
/// bytes.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

/// Takes what stands before `end` off the front of `rest`, and `end`; nothing when there is none.
std::optional<std::string_view> take_until(std::string_view& rest, char end);
/// The same, read by `parse_decimal`.
std::optional<std::uint64_t> take_decimal(std::string_view& rest, char end);

/// The pieces of `text` between `separator`s; always at least one, pieces may be empty.
std::vector<std::string_view> split(std::string_view text, char separator);

struct FormField {
  std::string name;
  std::string value;
};
/// WHATWG URL §5.1, application/x-www-form-urlencoded parser: splits at '&', '+' is a space, %XX
/// decodes, a broken escape stays as it is. Empty sequences are dropped. At most `fields_max`
/// fields; nothing when there are more, and then the rest of `text` was not looked at.
std::optional<std::vector<FormField>> parse_form(std::string_view text, std::size_t fields_max);
/// The same without a bound of its own: of what has one already, as a request's target has.
std::vector<FormField> parse_form(std::string_view text);

/// The candidate with the smallest edit distance, when that is at most a third of the longer word's
/// length (and at least one); empty otherwise. For "did you mean".
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

/// A JSON string literal with its quotes (RFC 8259 §7). `text` should be UTF-8; control characters,
/// quote and backslash are escaped, all else is copied.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

}  // namespace gateway::base
