// What: how many of something to ask Redis for at a time, where their sizes show only when they are
// there: too many at once come too late, or are more than is taken, and that costs the connection.
// Thread: a pure function, and a plain value of whoever asks.
#pragma once

#include <algorithm>
#include <cstddef>

namespace gateway::backbone {

/// What one portion comes to, about.
inline constexpr std::size_t kPortionBytes = std::size_t{1} << 20U;

/// After `last` (at least 1) were asked for, and what came was of `each` bytes in the mean: 1 to
/// `max` (at least 1), and no more than twice as many, for the next ones may be larger.
constexpr std::size_t next_portion(std::size_t last, std::size_t each, std::size_t max) {
  return std::clamp<std::size_t>(kPortionBytes / (each + 1), 1, std::min(2 * last, max));
}

/// Few: of their size nothing is known yet.
inline constexpr std::size_t kPortionFirst = 2;

/// The portions of one thing that is read again and again. What a loss has shown to be too much is
/// not asked for again soon, and each time later: whoever begins at the front after a loss comes to
/// the end, however much there is.
class Portion {
 public:
  explicit constexpr Portion(std::size_t max) : max_(max), bound_(max) {}

  /// How many to ask for now.
  constexpr std::size_t ask() { return asked_ = next_; }
  /// Those that were asked for came: so many, of so many bytes together.
  constexpr void came(std::size_t count, std::size_t bytes) {
    asked_ = 0;
    if (++in_a_row_ >= patience_) {
      bound_ = std::min(2 * bound_, max_);
      in_a_row_ = 0;
    }
    next_ = next_portion(next_, bytes / std::max<std::size_t>(count, 1), bound_);
  }
  /// Whatever was asked for does not come any more, and may have been too much.
  constexpr void lost() {
    if (asked_ > 0) {
      bound_ = std::max<std::size_t>(asked_ / 2, 1);
      in_a_row_ = 0;
      patience_ = std::min(2 * patience_, kPatienceMax);
    }
    asked_ = 0;
    next_ = std::min(kPortionFirst, bound_);
  }
  /// Nobody waits for what was asked for; that says nothing of its size.
  constexpr void forget() { asked_ = 0; }

 private:
  static constexpr std::size_t kPatienceMax = std::size_t{1} << 20U;

  std::size_t max_;
  std::size_t bound_;  // up to max_
  std::size_t next_ = kPortionFirst;
  std::size_t asked_ = 0;  // 0: nothing is on its way
  std::size_t in_a_row_ = 0;
  std::size_t patience_ = 16;  // after so many in a row twice as many may be asked for
};

}  // namespace gateway::backbone
