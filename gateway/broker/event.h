// What: one published event and its wire forms. A Draft is what a publisher hands in; the log gives
// it a place and it becomes an Event, immutable from then on and shared between threads by
// reference count. Its forms (the SSE text of WHATWG HTML §9.2.5) are built on first need, once
// each, by whichever thread comes first: `plain` once, `json` once per board it is read through. So
// an event costs no encoding that nobody reads and never two of the same.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/counter.h"
#include "base/intrusive_ptr.h"
#include "broker/event_id.h"
#include "broker/options.h"

namespace gateway::broker {

/// A validated event without a place. `boards`: 1 to kBoardsPerEventMax distinct names in publish
/// order.
struct Draft {
  std::vector<std::string> boards;
  std::string type;  // empty: untyped ("message")
  std::string data;  // what `data:` carries in the plain form; valid UTF-8 without NUL
  /// The data is a JSON value in lexical form, to be embedded as it is; otherwise it is text, and
  /// the json form carries it as a string.
  bool data_is_json = false;
  /// What the publisher calls this event, so that it is published once however often it is sent;
  /// empty: nothing. The backbone takes it out: no event has one.
  std::string key{};
};

class Event final : public base::SharedCount<Event> {
 public:
  Event(Draft draft, EventId id, base::WallMs time);
  ~Event();

  EventId id() const { return id_; }
  base::WallMs time() const { return time_; }
  const std::vector<std::string>& boards() const { return draft_.boards; }
  const std::string& type() const { return draft_.type; }
  const std::string& data() const { return draft_.data; }
  bool data_is_json() const { return draft_.data_is_json; }
  /// boards()[board] delivers its latest (Deliver::latest).
  bool is_latest(std::size_t board) const { return (latest_ >> board & 1U) != 0; }

  /// The complete SSE block, blank line included. `board`: index into boards() of the board it is
  /// read through (json only). `encodings` counts the forms built. The view lives as long as the
  /// event. Safe from any thread; blocks only while another thread builds this very form.
  std::string_view form(Format format, std::size_t board, base::Counter& encodings) const;

 private:
  friend class Log;  // gives the event its place before anyone else can see it
  struct Slot;       // one form: empty, being built, or built
  const Draft draft_;
  EventId id_;
  const base::WallMs time_;
  std::uint64_t latest_ = 0;       // a bit for each of its boards, by index
  std::unique_ptr<Slot[]> slots_;  // [0] plain, [1 + i] json of board i
};

using EventRef = base::IntrusivePtr<const Event>;

}  // namespace gateway::broker
