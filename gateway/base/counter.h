// What: counter cells with a single writer. The owning thread adds with a plain load and store (no
// locked instruction, nothing shared on the hot path); any thread reads a recent value.
// Owner: the worker whose cells they are; they outlive every reader that was given them.
#pragma once

#include <atomic>
#include <cstdint>

namespace gateway::base {

/// Only grows. One writing thread.
class Counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down. One writing thread.
class Gauge {
 public:
  void add(std::int64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void set(std::int64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

}  // namespace gateway::base
