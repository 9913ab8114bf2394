// What: a body that is whole, by the same pull path as a streamed one. Owner: the exchange, or its
// connection's writer. Thread: the connection's worker.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "http/access_line.h"
#include "http/body_source.h"

namespace gateway::http {

class WholeBody final : public BodySource {
 public:
  /// `line` is null when the exchange is not logged.
  WholeBody(std::string body, std::unique_ptr<AccessLine> line)
      : body_(std::move(body)), line_(std::move(line)) {}
  Ready ready(std::size_t max) override {
    const std::size_t left = body_.size() - given_;
    return {std::min(left, max), left <= max ? Next::end : Next::more};
  }
  void copy(char* to, std::size_t bytes) override {
    std::memcpy(to, body_.data() + given_, bytes);
    given_ += bytes;
    if (line_) line_->sent(bytes);
  }

  base::MonoTime progress_at{};  // for the exchange

 private:
  std::string body_;
  std::size_t given_ = 0;
  std::unique_ptr<AccessLine> line_;
};

}  // namespace gateway::http
