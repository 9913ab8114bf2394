// What: what the broker ought to do, written down a second time, as simply as can be: no index, no
// wheel, no shared blocks; boards are compared by name, one stream at a time. Owner and thread: the
// simulation's.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "broker/event.h"
#include "broker/subscription.h"

namespace gateway::sim {

struct ModelEvent {
  broker::Seq seq = 0;
  broker::Draft draft;
};

/// What waits in a stream's queue.
struct ModelBlock {
  enum Kind { event, heartbeat, end } kind = event;
  broker::Seq seq = 0;    // of the event; of a heartbeat: the position it tells, 0 for none
  std::string type;       // as a browser dispatches it
  std::string data_part;  // what the data must be (plain) or contain (json)
};

struct ModelStream {
  std::vector<std::string> names;
  std::vector<std::string> types;
  bool json = false;
  std::uint64_t limit_left = 0;
  broker::Seq position = 0;
  broker::EndReason ended = broker::EndReason::none;
  std::deque<ModelBlock> queue;
  base::MonoTime active_at;
  bool stalled = false;

  bool reads(const std::string& board) const {
    for (const std::string& name : names) {
      if (name == board) return true;
      if (name.back() == '*' && board.rfind(name.substr(0, name.size() - 1), 0) == 0) return true;
    }
    return false;
  }
  std::optional<std::size_t> first_board(const ModelEvent& event) const {
    for (std::size_t i = 0; i < event.draft.boards.size(); ++i) {
      if (reads(event.draft.boards[i])) return i;
    }
    return std::nullopt;
  }
  bool wants_type(const std::string& type) const {
    if (types.empty()) return true;
    for (const std::string& wanted : types) {
      if (wanted == (type.empty() ? "message" : type)) return true;
    }
    return false;
  }
  void push(ModelBlock block, base::MonoTime now) {
    if (queue.empty()) active_at = now;
    queue.push_back(std::move(block));
  }
  void end(broker::EndReason reason, base::MonoTime now) {
    if (ended != broker::EndReason::none) return;
    ended = reason;
    push({ModelBlock::end, 0, "boardcast.end",
          R"({"reason":")" + std::string(broker::to_string(reason)) + R"("})"},
         now);
  }
};

/// Forms that somebody was given: seq, and 0 for plain or 1 + index of the board for json.
using ModelForms = std::set<std::pair<broker::Seq, std::size_t>>;

struct ModelHub {
  std::deque<ModelEvent> outbox;  // in the log
  std::deque<ModelEvent> taken;   // in the hub
  broker::Seq taken_to = 0;
  std::vector<ModelStream*> streams;
  std::size_t pending_events = 0;

  broker::Seq position() const { return taken.empty() ? taken_to : taken.front().seq - 1; }

  void append(const ModelEvent& event) {
    for (const ModelStream* stream : streams) {
      if (!stream->first_board(event)) continue;
      outbox.push_back(event);
      return;
    }
  }
  void take(broker::Seq head) {
    if (!taken.empty()) return;
    taken.swap(outbox);
    taken_to = head;
  }
  void spread_one(base::MonoTime now, ModelForms& forms) {
    for (ModelStream* stream : streams) offer(*stream, taken.front(), now, forms);
    taken.pop_front();
  }

 private:
  void offer(ModelStream& stream, const ModelEvent& event, base::MonoTime now, ModelForms& forms) {
    const auto board = stream.first_board(event);
    if (!board || stream.ended != broker::EndReason::none || event.seq <= stream.position ||
        !stream.wants_type(event.draft.type)) {
      return;
    }
    std::size_t events = 0;
    for (const ModelBlock& block : stream.queue) events += block.kind == ModelBlock::event ? 1 : 0;
    if (events == pending_events) return stream.end(broker::EndReason::slow, now);
    stream.position = event.seq;
    forms.emplace(event.seq, stream.json ? 1 + *board : 0);
    const std::string type = event.draft.type.empty() ? "message" : event.draft.type;
    if (stream.json) {
      stream.push({ModelBlock::event, event.seq, "message",
                   R"("board":")" + event.draft.boards[*board] + R"(","event":")" + type + R"(",)"},
                  now);
    } else {
      stream.push({ModelBlock::event, event.seq, type, event.draft.data}, now);
    }
    if (stream.limit_left > 0 && --stream.limit_left == 0) {
      stream.end(broker::EndReason::limit, now);
    }
  }
};

}  // namespace gateway::sim
