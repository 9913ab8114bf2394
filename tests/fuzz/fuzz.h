// What: how a fuzz target looks. A file NAME_fuzz.cc holds one function that takes any bytes and
// aborts (BC_CHECK) when what has to hold for all inputs does not hold for these, and registers it:
//
//   const Registration kRegistered("NAME", [](std::string_view input) { … });
//
// libFuzzer (preset fuzz, libfuzzer.cc) gives it bytes of its own, beginning with the seeds in
// corpus/NAME/; every other preset gives it those seeds alone (replay.cc). Words that are hard to
// guess stand in NAME.dict. README.md lists the targets. An input that was found stays as a seed,
// when what was wrong has a unit test by name. Owner and thread: none, functions and plain values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/text.h"

namespace gateway::fuzz {

struct Target {
  std::string_view name;
  void (*run)(std::string_view input);
};

/// Those that are linked.
inline std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}

struct Registration {
  Registration(std::string_view name, void (*run)(std::string_view)) {
    targets().push_back({name, run});
  }
};

/// Reads decisions off the front of an input; when nothing is left, all of them are 0.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() { return take(1).empty() ? 0 : static_cast<std::uint8_t>(taken_[0]); }
  /// In [0, bound); `bound` is 1 to 256.
  std::size_t below(std::size_t bound) { return byte() % bound; }
  std::string_view take(std::size_t bytes) {
    taken_ = rest_.substr(0, bytes);
    rest_.remove_prefix(taken_.size());
    return taken_;
  }
  /// Up to the next NUL, which goes too.
  std::string_view part() {
    const std::string_view found = rest_.substr(0, rest_.find('\0'));
    rest_.remove_prefix(std::min(rest_.size(), found.size() + 1));
    return found;
  }
  std::string_view rest() { return take(rest_.size()); }

 private:
  std::string_view rest_;
  std::string_view taken_;
};

/// What is said to an operator of his own text: bounded, one line, UTF-8.
inline void check_line(std::string_view text) {
  constexpr std::size_t kLineBytesMax = 2048;
  BC_CHECK(!text.empty() && text.size() <= kLineBytesMax, text.size());
  BC_CHECK(base::is_utf8(text) && !base::has_control(text), text);
}
/// What is said of a stranger's, whom a terminal shall not obey.
inline void check_sentence(std::string_view text) {
  check_line(text);
  BC_CHECK(!base::has_c1_control(text), text);
}

/// Percent-encoded whole, as a value of a query or a form.
inline std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', "0123456789ABCDEF"[byte >> 4U], "0123456789ABCDEF"[byte & 15U]};
  }
  return out;
}

}  // namespace gateway::fuzz
