#include "broker/event.h"

#include "base/check.h"
#include "broker/sse.h"

namespace gateway::broker {

// Three states in one word that a thread can wait on (C++20), instead of a mutex or a once_flag for
// each form: reading a built form is one acquire load.
struct Event::Slot {
  enum State : int { kEmpty, kBuilding, kBuilt };
  std::atomic<int> state{kEmpty};
  std::string text;
};

Event::Event(Draft draft, EventId id, base::WallMs time)
    : draft_(std::move(draft)),
      id_(id),
      time_(time),
      slots_(std::make_unique<Slot[]>(1 + draft_.boards.size())) {
  BC_CHECK(!draft_.boards.empty() && draft_.boards.size() <= kBoardsPerEventMax,
           draft_.boards.size());
}

static_assert(kBoardsPerEventMax <= 64, "Event::latest_ has a bit for each board");

Event::~Event() = default;

std::string_view Event::form(Format format, std::size_t board, base::Counter& encodings) const {
  BC_CHECK(board < draft_.boards.size(), board, draft_.boards.size());
  Slot& slot = slots_[format == Format::plain ? 0 : 1 + board];
  int state = slot.state.load(std::memory_order_acquire);
  if (state == Slot::kBuilt) return slot.text;
  if (state == Slot::kEmpty &&
      slot.state.compare_exchange_strong(state, Slot::kBuilding, std::memory_order_acquire)) {
    slot.text = format == Format::plain
                    ? sse::encode_plain(draft_, id_)
                    : sse::encode_json(draft_, id_, time_, draft_.boards[board]);
    encodings.add();
    slot.state.store(Slot::kBuilt, std::memory_order_release);
    slot.state.notify_all();
    return slot.text;
  }
  slot.state.wait(Slot::kBuilding, std::memory_order_acquire);
  return slot.text;
}

}  // namespace gateway::broker
