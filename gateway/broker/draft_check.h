// What: what may be published. The rules for each part of an event, however it comes: over HTTP,
// written into Redis by another program, or in the log that nodes share. Pure functions. Thread:
// any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/event.h"

namespace gateway::broker {

/// Why something is no part of an event.
enum class DraftError : std::uint8_t {
  no_board,  // check_board_name says why
  too_many_boards,
  type_too_long,
  type_not_utf8,
  type_control_character,  // C0 would end the field of the stream; some terminals act on C1
  type_of_handlers,        // a page's handlers of EventSource's own events would be called
  type_of_gateway,
  data_too_long,
  data_not_utf8,
  data_nul,  // no EventSource could be given it
  no_key,
};
/// To stand behind what it is about: "is not valid UTF-8".
std::string_view to_string(DraftError error);

/// Nothing: it is in the draft. Otherwise the draft is as it was.
using DraftCheck = std::optional<DraftError>;

/// The name of one board; one that is there already is not added again.
[[nodiscard]] DraftCheck put_board(Draft& draft, std::string_view name);
/// "message" and "" are untyped.
[[nodiscard]] DraftCheck put_type(Draft& draft, std::string_view type);
/// As text.
[[nodiscard]] DraftCheck put_data(Draft& draft, std::string data);
[[nodiscard]] DraftCheck put_key(Draft& draft, std::string_view key);

}  // namespace gateway::broker
