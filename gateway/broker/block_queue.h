// What: a first-in-first-out queue of blocks that costs an idle stream nothing: one slot lies in
// the object, which is all that a stream needs whose reader keeps up; more make a ring that doubles
// and stays until `shrink`, so that a busy stream does not allocate for each event. Owner and
// thread: the subscription's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/check.h"
#include "broker/block.h"

namespace gateway::broker {

class BlockQueue {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  /// The block `index` places behind the oldest; null beyond the last.
  const Block* peek(std::size_t index) const {
    if (index >= size_) return nullptr;
    return slots()[place(static_cast<std::uint32_t>(index))].get();
  }

  /// At most `size_max` (≥ 1) blocks; growing takes no more room than that.
  void push(BlockRef block, std::size_t size_max) {
    if (size_ == capacity_) grow(static_cast<std::uint32_t>(size_max));
    slots()[place(size_++)] = std::move(block);
  }

  void pop() {
    BC_CHECK(size_ > 0);
    slots()[head_] = BlockRef{};
    head_ = head_ + 1 == capacity_ ? 0 : head_ + 1;
    --size_;
  }

  /// Drops all but the oldest, of which a part may be on its way.
  void keep_oldest() {
    while (size_ > 1) slots()[place(--size_)] = BlockRef{};
  }

  /// Gives the ring's memory back when the queue is empty.
  void shrink() {
    if (size_ > 0) return;
    ring_.reset();
    capacity_ = 1;
    head_ = 0;
  }

 private:
  BlockRef* slots() { return ring_ ? ring_.get() : &only_; }
  const BlockRef* slots() const { return ring_ ? ring_.get() : &only_; }

  std::uint32_t place(std::uint32_t index) const {
    const std::uint32_t at = head_ + index;
    return at < capacity_ ? at : at - capacity_;
  }

  void grow(std::uint32_t size_max) {
    BC_CHECK(size_ < size_max, size_, size_max);
    const std::uint32_t wider = std::min(std::max<std::uint32_t>(4, capacity_ * 2), size_max);
    auto ring = std::make_unique<BlockRef[]>(wider);
    for (std::uint32_t i = 0; i < size_; ++i) ring[i] = std::move(slots()[place(i)]);
    ring_ = std::move(ring);
    capacity_ = wider;
    head_ = 0;
  }

  BlockRef only_;
  std::unique_ptr<BlockRef[]> ring_;
  std::uint32_t capacity_ = 1;
  std::uint32_t head_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace gateway::broker
