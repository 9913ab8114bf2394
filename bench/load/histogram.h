// What: counts of durations with an error below 1 %, whatever their size: buckets are linear
// within each power of two (the idea of HdrHistogram). Constant memory, no allocation per value.
// Thread: one. Values are nanoseconds, kept as microseconds.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bench {

class Histogram {
 public:
  void add(std::int64_t ns) {
    const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0)) / 1000;
    ++counts_[index_of(us)];
    ++total_;
    max_us_ = std::max(max_us_, us);
  }
  void clear() { *this = Histogram(); }
  std::uint64_t total() const { return total_; }
  double max_ms() const { return static_cast<double>(max_us_) / 1000; }

  /// The least value that `share` (0 to 1) of all values do not exceed; 0 when there are none.
  double percentile_ms(double share) const {
    const double wanted = share * static_cast<double>(total_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (counts_[i] > 0 && static_cast<double>(seen) >= wanted) {
        return static_cast<double>(std::min(highest_of(i), max_us_)) / 1000;
      }
    }
    return max_ms();
  }

 private:
  static constexpr int kBits = 7;  // 128 buckets for each power of two
  static constexpr std::size_t kLinear = std::size_t{1} << kBits;

  static std::size_t index_of(std::uint64_t us) {
    const int shift = std::max(0, static_cast<int>(std::bit_width(us)) - kBits - 1);
    return static_cast<std::size_t>(shift) * kLinear + static_cast<std::size_t>(us >> shift);
  }
  static std::uint64_t highest_of(std::size_t index) {
    if (index < 2 * kLinear) return index;
    const std::size_t shift = index / kLinear - 1;
    return ((index - shift * kLinear + 1) << shift) - 1;
  }

  std::array<std::uint64_t, 48 * kLinear> counts_{};  // any std::int64_t of nanoseconds
  std::uint64_t total_ = 0;
  std::uint64_t max_us_ = 0;
};

}  // namespace bench
