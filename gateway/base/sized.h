// What: texts in a row, each with its length in bytes and a colon in front ("3:abc0:2:de"): how
// what travels between nodes is written. Whatever bytes they hold, none of it has to be escaped.
// Thread: plain values; a reader keeps a view of what it reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gateway::base {

void append_sized(std::string& out, std::string_view text);
inline void append_sized(std::string& out, std::uint64_t number) {
  append_sized(out, std::string_view(std::to_string(number)));
}

/// Takes one after the other off the front. What is missing or broken reads as empty or 0 and is
/// remembered, so that all can be read first and `ok` asked once.
class SizedReader {
 public:
  explicit SizedReader(std::string_view text) : rest_(text) {}

  std::string_view text();
  /// In decimal digits.
  std::uint64_t number();
  /// How many of something follow; over `max` it is broken.
  std::size_t count(std::size_t max);
  bool at_end() const { return rest_.empty(); }
  /// What nobody has taken yet.
  std::string_view rest() const { return rest_; }
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace gateway::base
