// What: boards that are granted, each by its own name or by a prefix with a trailing '*'. A pattern
// is granted by one that covers every board it could name: "team-*" grants "team-a" and "team-a*"
// and not "te*". A question costs two binary searches, however many names a token has. Thread: a
// plain value. Invariant: both lists are sorted, and no prefix begins with another.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::auth {

class NameSet {
 public:
  NameSet() = default;
  NameSet(std::initializer_list<std::string> names) : NameSet(std::vector<std::string>(names)) {}
  /// Boards and patterns.
  NameSet(std::vector<std::string> names);  // NOLINT: implicit, a list of names is what it means

  /// `name`: a board or a pattern.
  bool covers(std::string_view name) const;
  bool empty() const { return exact_.empty() && prefixes_.empty(); }
  /// That make the same set.
  std::vector<std::string> names() const;
  friend bool operator==(const NameSet&, const NameSet&) = default;
  /// Outside of itself, by estimate.
  std::size_t bytes() const;

 private:
  bool has_prefix_of(std::string_view text) const;

  std::vector<std::string> exact_;
  std::vector<std::string> prefixes_;  // without the asterisk
};

}  // namespace gateway::auth
