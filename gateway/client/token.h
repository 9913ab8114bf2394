// What: the token that a command shows its gateway: from a file, which may be renewed while the
// command runs, or as it is (of the environment). Never from the command line, which everybody on
// the machine can list. Thread: a value.
#pragma once

#include <string>

#include "base/result.h"

namespace gateway::client {

class Token {
 public:
  /// None: nothing is shown.
  Token() = default;
  /// Of `file`, or where that is empty `text`, which `place` names. The error says what is wrong.
  static base::Result<Token> find(const std::string& file, const std::string& text,
                                  const std::string& place);

  /// Reads the file again. What it held last stays while it holds no token: it may be half written,
  /// or a pipe.
  void refresh();
  bool empty() const { return text_.empty(); }
  /// "authorization: Bearer …" (RFC 6750 §2.1). There is one.
  std::string field() const { return "authorization: Bearer " + text_; }
  /// Where it comes from, for a person.
  const std::string& place() const { return place_; }

 private:
  std::string file_;  // empty: none
  std::string text_;
  std::string place_;
};

}  // namespace gateway::client
