// What: the lines that the log writes while one of these lives, as text. Owner and thread: the
// test's; the log is not started, so that lines are written directly.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gateway::test {

class CapturedLog {
 public:
  CapturedLog() { testing::internal::CaptureStderr(); }
  ~CapturedLog() {
    if (!taken_) testing::internal::GetCapturedStderr();
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  /// All lines so far, from their message on. Once.
  std::vector<std::string> take() {
    taken_ = true;
    const std::string text = testing::internal::GetCapturedStderr();
    std::vector<std::string> lines;
    constexpr std::size_t kBeforeMessage = sizeof("2026-11-23T08:00:00.123Z info  ") - 1;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      lines.push_back(text.substr(at, end - at).substr(kBeforeMessage));
      at = end + 1;
    }
    return lines;
  }

 private:
  bool taken_ = false;
};

}  // namespace gateway::test
