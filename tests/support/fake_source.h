// What: an http::BodySource whose bytes the test hands over bit by bit. Owner: the Feed is the
// test's and outlives the source. Thread: the test's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/body_source.h"

namespace gateway::test {

/// The test's end. Change it, then call `Exchange::wake`.
struct Feed {
  std::string bytes;        // what is to come; the source takes from its front
  bool end = false;         // nothing comes behind them
  std::size_t asked = 0;    // calls of `ready`
  std::size_t largest = 0;  // the largest `max` asked for
  bool destroyed = false;
  std::size_t piece_max = 0;  // how much it gives at once; 0: as much as it can
};

class FakeSource final : public http::BodySource {
 public:
  explicit FakeSource(Feed& feed) : feed_(feed) {}
  ~FakeSource() override { feed_.destroyed = true; }

  Ready ready(std::size_t max) override {
    ++feed_.asked;
    feed_.largest = std::max(feed_.largest, max);
    promised_ = std::min(max, feed_.bytes.size());
    if (feed_.piece_max > 0) promised_ = std::min(promised_, feed_.piece_max);
    if (promised_ < feed_.bytes.size()) return {promised_, Next::more};
    return {promised_, feed_.end ? Next::end : Next::later};
  }
  void copy(char* to, std::size_t bytes) override {
    BC_CHECK(bytes == promised_ && bytes > 0, bytes, promised_);
    std::memcpy(to, feed_.bytes.data(), bytes);
    feed_.bytes.erase(0, bytes);
    promised_ = 0;
  }

 private:
  Feed& feed_;
  std::size_t promised_ = 0;
};

}  // namespace gateway::test
