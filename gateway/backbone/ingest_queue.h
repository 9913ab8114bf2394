// What: events that wait to be appended, in their order, and what they weigh: an event without data
// weighs, too. Owner: IngestChannel. Thread: its owner's.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "broker/event.h"

namespace gateway::backbone {

/// Of one append, about.
inline constexpr std::size_t kIngestEventsMax = 500;
inline constexpr std::size_t kIngestBatchBytes = std::size_t{1} << 20U;

class IngestQueue {
 public:
  void push(broker::Draft draft) {
    bytes_ += weight(draft);
    drafts_.push_back(std::move(draft));
  }
  /// The next append's, at least one if there is any.
  std::vector<broker::Draft> take() {
    std::vector<broker::Draft> batch;
    std::size_t bytes = 0;
    while (!drafts_.empty() && batch.size() < kIngestEventsMax && bytes < kIngestBatchBytes) {
      bytes += weight(drafts_.front());
      batch.push_back(std::move(drafts_.front()));
      drafts_.pop_front();
    }
    bytes_ -= bytes;
    return batch;
  }
  bool empty() const { return drafts_.empty(); }
  std::size_t size() const { return drafts_.size(); }
  /// In memory, about.
  std::size_t bytes() const { return bytes_; }

 private:
  static std::size_t weight(const broker::Draft& draft) {
    std::size_t bytes = sizeof(draft) + draft.type.size() + draft.data.size() + draft.key.size();
    for (const std::string& board : draft.boards) bytes += sizeof(board) + board.size();
    return bytes;
  }

  std::deque<broker::Draft> drafts_;
  std::size_t bytes_ = 0;
};

}  // namespace gateway::backbone
