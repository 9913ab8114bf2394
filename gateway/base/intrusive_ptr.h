// What: a counted pointer whose count lives in the object: one allocation, one word. Two counts to
// derive from: SharedCount (atomic; objects that are immutable once shared between threads) and
// LocalCount (plain; objects that never leave their thread).
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace gateway::base {

/// Atomic reference count. The last release deletes.
template <typename T>
class SharedCount {
 public:
  void retain() const { count_.fetch_add(1, std::memory_order_relaxed); }
  void release() const {
    if (count_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete static_cast<const T*>(this);
  }

 protected:
  ~SharedCount() = default;

 private:
  mutable std::atomic<std::uint32_t> count_{0};
};

/// Plain reference count for one thread. The last release deletes.
template <typename T>
class LocalCount {
 public:
  void retain() const { ++count_; }
  void release() const {
    if (--count_ == 0) delete static_cast<const T*>(this);
  }

 protected:
  ~LocalCount() = default;

 private:
  mutable std::uint32_t count_ = 0;
};

/// Owns one reference of a T (or none).
template <typename T>
class IntrusivePtr {
 public:
  IntrusivePtr() = default;
  explicit IntrusivePtr(T* object) : object_(object) {
    if (object_ != nullptr) object_->retain();
  }
  IntrusivePtr(const IntrusivePtr& other) : IntrusivePtr(other.object_) {}
  IntrusivePtr(IntrusivePtr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  IntrusivePtr& operator=(IntrusivePtr other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~IntrusivePtr() {
    if (object_ != nullptr) object_->release();
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  friend bool operator==(const IntrusivePtr&, const IntrusivePtr&) = default;

 private:
  T* object_ = nullptr;
};

template <typename T, typename... Args>
IntrusivePtr<T> make_intrusive(Args&&... args) {
  return IntrusivePtr<T>(new T(std::forward<Args>(args)...));
}

}  // namespace gateway::base
