#include "broker/log.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/check.h"
#include "broker/log_wakes.h"

namespace gateway::broker {

Log::Log(Epoch epoch, const base::Clock& clock, const HistoryOptions& history)
    : clock_(clock), epoch_(epoch), options_(history), history_(history) {}

Log::~Log() {
  const base::MutexLock lock(mutex_);
  for (const Outbox& outbox : outboxes_) BC_CHECK(outbox.wakeable == nullptr, outboxes_.size());
}

std::size_t Log::bytes_of(const Event& event) {
  constexpr std::size_t kPerEvent = 256;  // the object, its reference, the slots of its forms
  constexpr std::size_t kPerBoard = 64;
  std::size_t bytes = kPerEvent + event.data().size() + event.type().size();
  for (const std::string& board : event.boards()) bytes += kPerBoard + board.size();
  return bytes;
}

Log::Outbox& Log::outbox(HubIndex hub) {
  BC_CHECK(hub < outboxes_.size() && outboxes_[hub].wakeable != nullptr, hub, outboxes_.size());
  return outboxes_[hub];
}

HubIndex Log::attach(base::Wakeable& wakeable) {
  const base::MutexLock lock(mutex_);
  HubIndex hub = 0;
  while (hub < outboxes_.size() && outboxes_[hub].wakeable != nullptr) ++hub;
  BC_CHECK(hub < kHubsMax, hub);
  if (hub == outboxes_.size()) outboxes_.emplace_back();
  outboxes_[hub].wakeable = &wakeable;
  return hub;
}

void Log::detach(HubIndex hub) {
  Outbox left;  // its events go after unlock
  {
    const base::MutexLock lock(mutex_);
    BC_CHECK(outbox(hub).interests == 0, hub, outbox(hub).interests);
    std::swap(left, outbox(hub));
  }
  std::atomic<std::uint32_t>& begun = wakes_[hub];
  for (auto n = begun.load(std::memory_order_acquire); n != 0;
       n = begun.load(std::memory_order_acquire)) {
    begun.wait(n, std::memory_order_acquire);
  }
}

Log::HubMask Log::mask_of(const Event& event) const {
  HubMask mask = 0;
  for (const std::string& board : event.boards()) {
    const auto found = boards_.find(board);
    if (found != boards_.end()) mask |= found->second;
    prefixes_.walk(board, [&mask](HubMask under) { mask |= under; });
  }
  return mask;
}

std::vector<EventId> Log::append(std::vector<Draft> drafts) {
  // All that can be done without the mutex is done before it: only places are given under it. What
  // nobody wants or holds any more is freed after it.
  const base::WallMs now = clock_.wall_ms();
  const base::MonoTime moment = clock_.now();
  History::Released released;
  std::vector<base::IntrusivePtr<Event>> events;
  events.reserve(drafts.size());
  for (Draft& draft : drafts) {
    events.push_back(base::make_intrusive<Event>(std::move(draft), EventId{}, now));
  }
  std::vector<EventId> ids;
  ids.reserve(events.size());
  Wakes wakes(wakes_);
  const base::MutexLock lock(mutex_);
  BC_CHECK(kSeqMax - head_ >= events.size(), head_, events.size());
  for (const base::IntrusivePtr<Event>& event : events) {
    event->id_ = {epoch_, head_ + 1};
    ids.push_back(event->id());
    enter(event, moment, wakes, released);
  }
  return ids;
}

void Log::enter(const base::IntrusivePtr<Event>& event, base::MonoTime moment, Wakes& wakes,
                History::Released& released) {
  head_ = event->id().seq;
  event->latest_ = history_.append(EventRef(event.get()), moment, released);
  HubMask mask = mask_of(*event);
  const std::size_t bytes = mask == 0 ? 0 : bytes_of(*event);
  for (; mask != 0; mask &= mask - 1) {
    const auto hub = static_cast<HubIndex>(std::countr_zero(mask));
    Outbox& to = outbox(hub);
    if (to.events.empty() && !to.broken_at) wakes.add(hub, *to.wakeable);
    to.events.emplace_back(event.get());
    to.waiting_bytes += bytes;
  }
}

EventId Log::add(HubIndex hub, const Interest& interest) {
  const base::MutexLock lock(mutex_);
  const HubMask bit = HubMask{1} << hub;
  Outbox& of = outbox(hub);
  for (const std::string_view board : interest.boards) {
    HubMask& mask = boards_[std::string(board)];
    if ((mask & bit) == 0) ++of.interests;
    mask |= bit;
  }
  for (const std::string_view prefix : interest.prefixes) {
    HubMask& mask = prefixes_.at(prefix);
    if ((mask & bit) == 0) ++of.interests;
    if (mask == 0) ++prefix_count_;
    mask |= bit;
  }
  return {epoch_, head_};
}

void Log::remove(HubIndex hub, const Interest& interest) {
  const base::MutexLock lock(mutex_);
  for (const std::string_view board : interest.boards) remove_board(hub, board);
  for (const std::string_view prefix : interest.prefixes) remove_prefix(hub, prefix);
}

void Log::remove_board(HubIndex hub, std::string_view board) {
  const HubMask bit = HubMask{1} << hub;
  const auto found = boards_.find(std::string(board));
  BC_CHECK(found != boards_.end() && (found->second & bit) != 0, hub);
  --outbox(hub).interests;
  found->second &= ~bit;
  if (found->second == 0) boards_.erase(found);
}

void Log::remove_prefix(HubIndex hub, std::string_view prefix) {
  const HubMask bit = HubMask{1} << hub;
  HubMask& mask = prefixes_.at(prefix);
  BC_CHECK((mask & bit) != 0, hub);
  --outbox(hub).interests;
  mask &= ~bit;
  if (mask != 0) return;
  --prefix_count_;
  prefixes_.prune(prefix, [](HubMask under) { return under == 0; });
}

Log::Taken Log::take(HubIndex hub, std::vector<EventRef>& events) {
  const base::MutexLock lock(mutex_);
  Outbox& from = outbox(hub);
  std::vector<EventRef>& waiting = from.events;
  std::optional<std::size_t> broken_at = std::exchange(from.broken_at, std::nullopt);
  if (broken_at) *broken_at += events.size();
  from.taken_bytes = (events.empty() ? 0 : from.taken_bytes) + std::exchange(from.waiting_bytes, 0);
  if (events.empty()) {
    std::swap(events, waiting);  // the memory of both is used again
  } else {
    for (EventRef& event : waiting) events.push_back(std::move(event));
    waiting.clear();
  }
  return {{epoch_, head_}, broken_at};
}

Log::Step Log::read(const Filter& filter, Seq after, const Told& told, std::size_t events_max,
                    std::vector<EventRef>& events) const {
  const base::MutexLock lock(mutex_);
  Step step;
  step.epoch = epoch_;
  step.missing = history_.missing(filter, after, told);
  step.upto = history_.read(filter, after, events_max, events);
  step.at_head = step.upto >= head_;  // a reader may be ahead of this copy
  return step;
}

Missing Log::missing(const Filter& filter, Seq after) const {
  const base::MutexLock lock(mutex_);
  return history_.missing(filter, after);
}

History::Starts Log::newest(const Filter& filter, std::size_t count, std::size_t boards_max) const {
  const base::MutexLock lock(mutex_);
  return history_.newest(filter, count, boards_max);
}

Seq Log::values(const Filter& filter, Seq after, EventId upto, std::size_t values_max,
                std::vector<History::Value>& out) const {
  const base::MutexLock lock(mutex_);
  if (upto.epoch != epoch_) return upto.seq;
  return history_.values(filter, after, upto.seq, values_max, out);
}

void Log::use(const HistoryOptions& history) {
  const base::MonoTime now = clock_.now();
  {
    History::Released released;
    const base::MutexLock lock(mutex_);
    options_ = history;
    history_.use(history, now, released);
  }
  // Gigabytes may have to go, and publishers wait for the mutex.
  for (bool more = true; more;) {
    History::Released released;
    const base::MutexLock lock(mutex_);
    more = history_.shrink(released);
  }
}

void Log::expire() {
  const base::MonoTime now = clock_.now();
  History::Released released;
  const base::MutexLock lock(mutex_);
  history_.expire(now, released);
}

Log::Held Log::held() const {
  const base::MutexLock lock(mutex_);
  return {history_.events(), history_.boards(), history_.bytes()};
}

std::uint64_t Log::events_of(std::string_view board) const {
  const base::MutexLock lock(mutex_);
  return history_.events_of(board);
}

EventId Log::head() const {
  const base::MutexLock lock(mutex_);
  return {epoch_, head_};
}

std::size_t Log::backlog_bytes() const {
  const base::MutexLock lock(mutex_);
  std::size_t most = 0;
  for (const Outbox& outbox : outboxes_) {
    most = std::max(most, outbox.waiting_bytes + outbox.taken_bytes);
  }
  return most;
}

std::size_t Log::interests() const {
  const base::MutexLock lock(mutex_);
  return boards_.size() + prefix_count_;
}

}  // namespace gateway::broker
