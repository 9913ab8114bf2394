#include "api/publication.h"

#include <algorithm>

#include "api/problem.h"
#include "backbone/options.h"
#include "base/text.h"
#include "broker/filter.h"
#include "broker/options.h"

namespace gateway::api {

Checked add_board(broker::Draft& draft, std::string_view name) {
  const auto valid = broker::check_board_name(name);
  if (!valid) {
    return Rejection{400, "The board name " + in_quotes(name) + " " +
                              std::string(broker::to_string(valid.error())) +
                              "; an event goes to boards named one by one, each 1 to " +
                              std::to_string(broker::kNameBytesMax) + " bytes of plain text."};
  }
  if (std::find(draft.boards.begin(), draft.boards.end(), name) != draft.boards.end()) return {};
  if (draft.boards.size() == broker::kBoardsPerEventMax) {
    return Rejection{400, "An event can go to " + std::to_string(broker::kBoardsPerEventMax) +
                              " boards at most; publish it again to the others."};
  }
  draft.boards.emplace_back(name);
  return {};
}

Checked set_type(broker::Draft& draft, std::string_view type) {
  if (type.empty()) return {};
  const std::string named = "The event type " + in_quotes(type);
  if (type.size() > broker::kNameBytesMax) {
    return Rejection{
        400, named + " is longer than " + std::to_string(broker::kNameBytesMax) + " bytes."};
  }
  if (!base::is_utf8(type)) return Rejection{400, named + " is not valid UTF-8."};
  if (base::has_control(type) || base::has_c1_control(type)) {
    return Rejection{400, named + " has a line break or another control character in it."};
  }
  if (type == "open" || type == "error") {
    return Rejection{400, named + " would reach EventSource's own handler; choose another name."};
  }
  if (type.starts_with("boardcast.")) {
    return Rejection{400, named + " begins with boardcast., which is the gateway's own."};
  }
  draft.type = type == "message" ? std::string_view{} : type;
  return {};
}

Checked set_text(broker::Draft& draft, std::string text) {
  if (text.find('\0') != std::string::npos) {
    return Rejection{400, "The data has a NUL character in it, which event streams cannot carry."};
  }
  if (!base::is_utf8(text)) {
    return Rejection{400,
                     "The data is not valid UTF-8; encode other bytes, in base64 for example."};
  }
  draft.data = std::move(text);
  draft.data_is_json = false;
  return {};
}

Checked set_key(broker::Draft& draft, std::string_view key) {
  if (key.empty() || key.size() > backbone::kKeyBytesMax || !base::is_utf8(key) ||
      base::has_control(key) || base::has_c1_control(key)) {
    return Rejection{400, "The key " + in_quotes(key) + " is not 1 to " +
                              std::to_string(backbone::kKeyBytesMax) +
                              " bytes of UTF-8 without control characters."};
  }
  draft.key = key;
  return {};
}

Rejection unknown_name(std::string_view noun, std::string_view name,
                       std::span<const std::string_view> known) {
  std::string detail = "Unknown " + std::string(noun) + " " + in_quotes(name);
  const std::string_view close = base::nearest(name.substr(0, 64), known);
  if (!close.empty()) {
    detail += ": did you mean " + in_quotes(close) + "?";
  } else {
    detail += "; known are ";
    for (std::size_t i = 0; i < known.size(); ++i) {
      detail += (i == 0 ? "" : ", ") + std::string(known[i]);
    }
    detail += ".";
  }
  return {400, std::move(detail)};
}

}  // namespace gateway::api
