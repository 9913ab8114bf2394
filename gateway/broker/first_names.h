// What: of names with counts, offered in any order, each once, the first ones by some order. Keeps
// less than twice as many; a name costs constant time on average, whatever the order they come in.
// Owner: whoever looks for them. Thread: its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway::broker {

/// A board or pattern text, and how many streams read it.
using NameCount = std::pair<std::string, std::uint64_t>;
using NameView = std::pair<std::string_view, std::uint64_t>;

struct ByName {
  bool operator()(const NameView& a, const NameView& b) const { return a.first < b.first; }
};
/// The greatest first, of equal ones by name.
struct ByCount {
  bool operator()(const NameView& a, const NameView& b) const {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  }
};

template <typename Before>
class FirstNames {
 public:
  explicit FirstNames(std::size_t names_max) : names_max_(names_max) {}

  void offer(std::string_view name, std::uint64_t count) {
    if (cut_ && !Before()({name, count}, bound_)) return;
    kept_.emplace_back(name, count);
    if (kept_.size() / 2 >= names_max_) cut();
  }
  /// In order.
  std::vector<NameCount> take() {
    cut();
    std::sort(kept_.begin(), kept_.end(), Before());
    return std::move(kept_);
  }

 private:
  /// Keeps the first `names_max`; the first of the rest is no candidate, nor is what follows it.
  void cut() {
    if (kept_.size() <= names_max_) return;
    const auto rest = kept_.begin() + static_cast<std::ptrdiff_t>(names_max_);
    std::nth_element(kept_.begin(), rest, kept_.end(), Before());
    bound_ = std::move(*rest);
    cut_ = true;
    kept_.erase(rest, kept_.end());
  }

  std::size_t names_max_;
  std::vector<NameCount> kept_;
  NameCount bound_;
  bool cut_ = false;
};

}  // namespace gateway::broker
