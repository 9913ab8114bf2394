// What: a JSON text as the input stream of RapidJSON's reader, with each number shown as a single
// '0'. The reader would refuse numbers beyond double even as strings (1e400), and Boardcast passes
// numbers on as they are written; so their grammar is checked here, and `Tell` steps over them
// whole. Owner: one reading. The concept is RapidJSON's; none of its types are needed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "base/check.h"

namespace gateway::api {

/// The length of the number at the start of `json` (RFC 8259 §6) when a delimiter or the end
/// follows it; 0 when what is there is no number.
std::size_t json_number_length(std::string_view json);

class JsonStream {
 public:
  using Ch = char;

  /// `json` has no NUL, which is how the reader sees the end.
  explicit JsonStream(std::string_view json) : json_(json) {}

  /// A number that is none is shown as '?', which no JSON text may have there.
  char Peek() {
    if (at_ == json_.size()) return '\0';
    const char c = json_[at_];
    if (in_string_ || !begins_number(c)) return c;
    if (number_at_ != at_ || number_length_ == 0) {
      number_at_ = at_;
      number_length_ = json_number_length(json_.substr(at_));
    }
    return number_length_ == 0 ? '?' : '0';
  }

  char Take() {
    const char shown = Peek();
    if (at_ == json_.size()) return shown;
    if (!in_string_ && begins_number(json_[at_])) {
      at_ += std::max<std::size_t>(number_length_, 1);
      return shown;
    }
    if (shown == '"' && !escaped_) in_string_ = !in_string_;
    escaped_ = in_string_ && shown == '\\' && !escaped_;
    ++at_;
    return shown;
  }

  std::size_t Tell() const { return at_; }

  // Parsing in place is no business of this stream; the concept asks for the names.
  char* PutBegin() {
    BC_CHECK(false);
    return nullptr;
  }
  void Put(char) { BC_CHECK(false); }
  std::size_t PutEnd(char*) {
    BC_CHECK(false);
    return 0;
  }

 private:
  static bool begins_number(char c) { return c == '-' || (c >= '0' && c <= '9'); }

  std::string_view json_;
  std::size_t at_ = 0;
  std::size_t number_at_ = 0;      // where the last number seen begins
  std::size_t number_length_ = 0;  // and its length; 0: none seen
  bool in_string_ = false;
  bool escaped_ = false;  // the character before was an unescaped backslash in a string
};

}  // namespace gateway::api
