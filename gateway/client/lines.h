// What: bytes as they come, cut into lines. A line ends with LF or CRLF; the last one may end with
// neither. Bounded. Owner and thread: whoever reads.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::client {

class Lines {
 public:
  explicit Lines(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  void feed(std::string_view bytes);
  /// No more bytes come: what is left is a line.
  void end();
  /// The next whole line without its end; lives until the next call of any function.
  std::optional<std::string_view> next();
  /// What waits for its end is longer than a line may be.
  bool too_long() const { return text_.size() - at_ > line_bytes_max_; }

 private:
  std::size_t line_bytes_max_;
  std::string text_;
  std::size_t at_ = 0;        // where the next line begins
  std::size_t searched_ = 0;  // no LF from at_ up to here
};

}  // namespace gateway::client
