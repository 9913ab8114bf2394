// What: a hub that wants every event of a log, and judges what it is handed: in order, of one
// epoch, or with a break that is said. Owner and thread: the fuzz target's.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/check.h"
#include "base/wakeable.h"
#include "broker/log.h"

namespace gateway::fuzz {

class LogReader final : public base::Wakeable {
 public:
  explicit LogReader(broker::Log& log) : log_(log), hub_(log.attach(*this)) {
    log_.add(hub_, {{}, {""}});
    before_ = log_.head();
  }
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;
  ~LogReader() override {
    log_.remove(hub_, {{}, {""}});
    log_.detach(hub_);
  }
  void wake() override { woken_ = true; }

  void take() {
    std::vector<broker::EventRef> events;
    const broker::Log::Taken taken = log_.take(hub_, events);
    BC_CHECK(woken_ || (events.empty() && !taken.broken_at), events.size());
    woken_ = false;
    BC_CHECK(!taken.broken_at || *taken.broken_at <= events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
      const broker::EventId id = events[i]->id();
      const bool goes_on = !taken.broken_at || i < *taken.broken_at;
      if (goes_on) BC_CHECK(id.epoch == before_.epoch && id.seq > before_.seq, id.seq);
      BC_CHECK(!events[i]->boards().empty());
      before_ = id;
    }
    if (!taken.broken_at) {
      BC_CHECK(taken.head.epoch == before_.epoch && taken.head.seq >= before_.seq, taken.head.seq);
    }
    before_ = taken.head;
  }

 private:
  broker::Log& log_;
  broker::HubIndex hub_;
  broker::EventId before_;
  bool woken_ = false;
};

}  // namespace gateway::fuzz
