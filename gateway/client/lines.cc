#include "client/lines.h"

namespace gateway::client {

void Lines::feed(std::string_view bytes) {
  text_.erase(0, at_);
  searched_ -= at_;
  at_ = 0;
  text_ += bytes;
}

void Lines::end() {
  if (at_ < text_.size()) text_ += '\n';
}

std::optional<std::string_view> Lines::next() {
  const std::size_t end = text_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = text_.size();
    return std::nullopt;
  }
  std::string_view line = std::string_view(text_).substr(at_, end - at_);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  at_ = searched_ = end + 1;
  return line;
}

}  // namespace gateway::client
