// What: the hubs to wake after a batch, collected under the log's mutex, woken when this goes,
// after the unlock. Owner and thread: one call of the log's. Included by the log's own files alone.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/wakeable.h"
#include "broker/log.h"

namespace gateway::broker {

class Log::Wakes {
 public:
  explicit Wakes(std::array<std::atomic<std::uint32_t>, kHubsMax>& begun) : begun_(begun) {}
  Wakes(const Wakes&) = delete;
  Wakes& operator=(const Wakes&) = delete;

  void add(HubIndex hub, base::Wakeable& wakeable) {
    begun_[hub].fetch_add(1, std::memory_order_relaxed);
    hubs_[count_] = hub;
    wakeables_[count_++] = &wakeable;
  }
  ~Wakes() {
    for (std::size_t i = 0; i < count_; ++i) {
      wakeables_[i]->wake();
      std::atomic<std::uint32_t>& begun = begun_[hubs_[i]];
      if (begun.fetch_sub(1, std::memory_order_release) == 1) begun.notify_all();
    }
  }

 private:
  std::array<std::atomic<std::uint32_t>, kHubsMax>& begun_;
  std::size_t count_ = 0;
  std::array<HubIndex, kHubsMax> hubs_;
  std::array<base::Wakeable*, kHubsMax> wakeables_;
};

}  // namespace gateway::broker
