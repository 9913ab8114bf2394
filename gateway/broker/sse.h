// What: the text/event-stream encoding (WHATWG HTML §9.2.5) of events and of the gateway's own
// blocks. Pure functions; every block ends with its blank line. Data is split at CRLF, CR and LF,
// so that a line break in it cannot start a field.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "broker/event.h"
#include "broker/event_id.h"

namespace gateway::broker::sse {

/// id, event (unless untyped), data lines.
std::string encode_plain(const Draft& draft, EventId id);
/// id and one data line: {"id","board","event","time","data"}; no event field. `event` is "message"
/// when untyped.
std::string encode_json(const Draft& draft, EventId id, base::WallMs time, std::string_view board);
/// `block`, which begins with its id line, without that. A view into it.
std::string_view without_id(std::string_view block);
/// `retry: N`, alone in its block.
std::string retry(std::chrono::milliseconds delay);
/// A comment that keeps the connection alive, with an `id:` when the position has moved; no data,
/// so no handler runs and nothing is dispatched.
std::string heartbeat();
std::string heartbeat(EventId position);
/// A named event of the gateway. `json` is one line. Only boardcast.open, boardcast.boards carry a
/// position.
std::string control(std::string_view type, std::string_view json);
std::string control(std::string_view type, std::string_view json, EventId position);

}  // namespace gateway::broker::sse
