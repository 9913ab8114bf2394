// What: what boards that deliver their latest hold: for each the newest event, its value, which the
// next one replaces. By name, and in the order of their seqs. Owner: the history. Thread: guarded
// by the log's mutex. Invariant: each board has one value, each value one place in the order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "broker/event.h"

namespace gateway::broker {

class Values {
 public:
  struct Value {
    EventRef event;
    Seq seq = 0;
    std::uint32_t deciseconds = 0;  // when it came, since the log began
    std::uint32_t kind = 0;         // the history's
    std::uint64_t events = 0;       // values that the board has had, without a break
  };
  using ByName = std::map<std::string, Value, std::less<>>;
  using Place = std::pair<Seq, std::string_view>;
  using BySeq = std::map<Place, ByName::iterator>;

  /// Gives the board this value; the one before it, if any, is returned.
  EventRef set(const std::string& board, Value value);
  /// The board has none any more; its value is returned.
  EventRef drop(ByName::iterator board);

  ByName& by_name() { return by_name_; }
  const ByName& by_name() const { return by_name_; }
  const BySeq& by_seq() const { return by_seq_; }
  std::size_t size() const { return by_name_.size(); }
  bool empty() const { return by_name_.empty(); }
  /// There is one.
  ByName::iterator oldest() const { return by_seq_.begin()->second; }

 private:
  ByName by_name_;
  BySeq by_seq_;  // views into by_name_
};

}  // namespace gateway::broker
