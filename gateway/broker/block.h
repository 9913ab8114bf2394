// What: one run of stream text as a hub's streams share it: the form of an event, a heartbeat, an
// ending. Counted without atomics, so that handing it to a thousand streams touches nothing shared
// between threads: the block holds the event once for the whole worker. Thread: its hub's.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/intrusive_ptr.h"
#include "broker/event.h"

namespace gateway::broker {

class Block final : public base::LocalCount<Block> {
 public:
  /// A form of an event; `text` is a view into it.
  Block(EventRef event, std::string_view text) : event_(std::move(event)), text_(text) {}
  /// Text of its own.
  explicit Block(std::string text) : own_(std::move(text)), text_(own_) {}
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  std::string_view text() const { return text_; }
  /// Is a published event (as opposed to a block of the gateway's own).
  bool is_event() const { return static_cast<bool>(event_); }

 private:
  EventRef event_;
  std::string own_;
  std::string_view text_;
};

using BlockRef = base::IntrusivePtr<const Block>;

}  // namespace gateway::broker
