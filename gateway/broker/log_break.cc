// The part of Log that is the copy of another one: places given elsewhere, what is skipped, and
// another log in its place.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "broker/log.h"
#include "broker/log_wakes.h"

namespace gateway::broker {

void Log::place(std::vector<Placed> events) {
  const base::MonoTime moment = clock_.now();
  History::Released released;
  std::vector<base::IntrusivePtr<Event>> made;
  made.reserve(events.size());
  for (Placed& placed : events) {
    const EventId id{0, placed.seq};
    made.push_back(placed.draft.boards.empty()
                       ? base::IntrusivePtr<Event>()
                       : base::make_intrusive<Event>(std::move(placed.draft), id, placed.time));
  }
  Wakes wakes(wakes_);
  const base::MutexLock lock(mutex_);
  for (std::size_t i = 0; i < made.size(); ++i) {
    const Seq seq = events[i].seq;
    BC_CHECK(seq == head_ + 1 && seq <= kSeqMax, seq, head_);
    if (!made[i]) {
      head_ = seq;
      history_.pass(moment - events[i].age, released);
      continue;
    }
    made[i]->id_.epoch = epoch_;
    enter(made[i], moment - events[i].age, wakes, released);
  }
}

void Log::skip(Seq upto, std::vector<Value> values) {
  History next = rebuild(head().epoch, upto, upto, std::move(values));
  std::vector<EventRef> dropped;  // goes after the unlock, as does the history
  Wakes wakes(wakes_);
  const base::MutexLock lock(mutex_);
  BC_CHECK(upto > head_ && upto <= kSeqMax, upto, head_);
  break_off(upto, next, wakes, dropped);
}

void Log::restart(Epoch epoch, Seq gone, std::vector<Value> values) {
  History next = rebuild(epoch, gone, 0, std::move(values));
  std::vector<EventRef> dropped;
  Wakes wakes(wakes_);
  const base::MutexLock lock(mutex_);
  BC_CHECK(epoch != epoch_ && gone < kSeqMax, epoch, gone);
  epoch_ = epoch;
  break_off(gone, next, wakes, dropped);
}

// Without the mutex: there may be many.
History Log::rebuild(Epoch epoch, Seq gone, Seq lost, std::vector<Value> values) const {
  const base::MonoTime moment = clock_.now();
  HistoryOptions options;
  {
    const base::MutexLock lock(mutex_);
    options = options_;
  }
  History next(options, gone, lost);
  std::sort(values.begin(), values.end(),
            [](const Value& a, const Value& b) { return a.event.seq < b.event.seq; });
  base::IntrusivePtr<Event> event;
  History::Released released;
  for (Value& value : values) {
    Placed& of = value.event;
    if (!event || event->id().seq != of.seq) {
      event = base::make_intrusive<Event>(std::move(of.draft), EventId{epoch, of.seq}, of.time);
    }
    event->latest_ |= next.restore(value.board, EventRef(event.get()), moment - of.age, released);
  }
  return next;
}

// What a hub has yet to take of before the break it still gives to its streams. Of two breaks the
// first counts, since everybody reads the log from there on, and what came between them goes: the
// log holds it no more either.
void Log::break_off(Seq gone, History& next, Wakes& wakes, std::vector<EventRef>& dropped) {
  head_ = gone;
  for (HubIndex hub = 0; hub < outboxes_.size(); ++hub) {
    Outbox& to = outboxes_[hub];
    if (to.wakeable == nullptr) continue;
    if (to.events.empty() && !to.broken_at) wakes.add(hub, *to.wakeable);
    if (!to.broken_at) to.broken_at = to.events.size();
    for (; to.events.size() > *to.broken_at; to.events.pop_back()) {
      to.waiting_bytes -= bytes_of(*to.events.back());
      dropped.push_back(std::move(to.events.back()));
    }
  }
  std::swap(history_, next);
  history_.use(options_, clock_.now(), dropped);  // a reload may have come between
}

}  // namespace gateway::broker
