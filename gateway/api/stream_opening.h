// What: the first text of a stream: the retry delay, what may have been missed, and the opening
// event that names the position from which a reconnect resumes. Also the whole text of a stream
// that is refused in band. Pure functions. Thread: any.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/event_id.h"
#include "broker/hub.h"

namespace gateway::api {

/// What a stream says of itself. Views live as long as whoever asks.
struct Opening {
  std::chrono::milliseconds retry{};
  const broker::Hub::Beginning& beginning;
  std::string stream;
  const std::vector<std::string>& boards;
  bool resumed = false;
  std::optional<bool> restored{};  // of a stream with a name: the boards are not the URL's
  std::string_view protocol;
  std::string_view connection;
  broker::EventId position{};
};

struct OpeningText {
  std::string before;   // `retry:`, then gaps without an id
  std::string opening;  // boardcast.open with the position as its id
};
/// Who drops before that id hears the gaps again.
OpeningText opening_text(const Opening& opening);

/// `retry:` and boardcast.end with the reason.
std::string refusal_text(std::chrono::milliseconds retry, std::string_view reason);

}  // namespace gateway::api
