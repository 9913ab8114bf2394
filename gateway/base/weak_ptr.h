// What: a pointer that becomes null when its target dies, for answers that arrive after the asker
// may have left. Thread: target and pointers live on one thread.
#pragma once

#include "base/intrusive_ptr.h"

namespace gateway::base {

template <typename T>
class WeakPtr;

/// Derive from WeakTarget<T> to hand out WeakPtr<T>. The first `weak()` allocates one small block.
template <typename T>
class WeakTarget {
 public:
  WeakTarget() = default;
  WeakTarget(const WeakTarget&) = delete;
  WeakTarget& operator=(const WeakTarget&) = delete;
  WeakPtr<T> weak();

 protected:
  ~WeakTarget() {
    if (block_) block_->target = nullptr;
  }

 private:
  friend class WeakPtr<T>;
  struct Block : LocalCount<Block> {
    T* target = nullptr;
  };
  IntrusivePtr<Block> block_;
};

template <typename T>
class WeakPtr {
 public:
  WeakPtr() = default;
  T* get() const { return block_ ? block_->target : nullptr; }

 private:
  friend class WeakTarget<T>;
  using Block = typename WeakTarget<T>::Block;
  explicit WeakPtr(IntrusivePtr<Block> block) : block_(std::move(block)) {}
  IntrusivePtr<Block> block_;
};

template <typename T>
WeakPtr<T> WeakTarget<T>::weak() {
  if (!block_) {
    block_ = make_intrusive<Block>();
    block_->target = static_cast<T*>(this);
  }
  return WeakPtr<T>(block_);
}

}  // namespace gateway::base
