#include "broker/values.h"

namespace gateway::broker {

EventRef Values::set(const std::string& board, Value value) {
  const auto at = by_name_.try_emplace(board).first;
  by_seq_.erase({at->second.seq, at->first});
  value.events = at->second.events + 1;
  std::swap(at->second, value);
  by_seq_.emplace(Place{at->second.seq, at->first}, at);
  return std::move(value.event);
}

EventRef Values::drop(ByName::iterator board) {
  by_seq_.erase({board->second.seq, board->first});
  EventRef event = std::move(board->second.event);
  by_name_.erase(board);
  return event;
}

}  // namespace gateway::broker
