#include "broker/draft_check.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "broker/filter.h"
#include "broker/options.h"

namespace gateway::broker {

std::string_view to_string(DraftError error) {
  switch (error) {
    case DraftError::no_board:
      return "is not the name of one";
    case DraftError::too_many_boards:
      return "is one too many; an event can go to 64 at most";
    case DraftError::type_too_long:
      return "is longer than 256 bytes";
    case DraftError::type_not_utf8:
      return "is not valid UTF-8";
    case DraftError::type_control_character:
      return "has a line break or another control character in it";
    case DraftError::type_of_handlers:
      return "would reach EventSource's own handler; choose another name";
    case DraftError::type_of_gateway:
      return "begins with boardcast., which is the gateway's own";
    case DraftError::data_too_long:
      return "is longer than 64 MiB";
    case DraftError::data_not_utf8:
      return "is not valid UTF-8; encode other bytes, in base64 for example";
    case DraftError::data_nul:
      return "has a NUL character in it, which event streams cannot carry";
    case DraftError::no_key:
      return "is not 1 to 256 bytes of UTF-8 without control characters";
  }
  return "is not valid";
}
static_assert(kBoardsPerEventMax == 64 && kNameBytesMax == 256 && kKeyBytesMax == 256 &&
                  kDataBytesMax == std::size_t{64} << 20U,
              "to_string(DraftError) names the limits");

DraftCheck put_board(Draft& draft, std::string_view name) {
  if (!check_board_name(name)) return DraftError::no_board;
  std::vector<std::string>& boards = draft.boards;
  if (std::find(boards.begin(), boards.end(), name) != boards.end()) return {};
  if (boards.size() == kBoardsPerEventMax) return DraftError::too_many_boards;
  boards.emplace_back(name);
  return {};
}

DraftCheck put_type(Draft& draft, std::string_view type) {
  if (type.size() > kNameBytesMax) return DraftError::type_too_long;
  if (!base::is_utf8(type)) return DraftError::type_not_utf8;
  if (base::has_any_control(type)) return DraftError::type_control_character;
  if (type == "open" || type == "error") return DraftError::type_of_handlers;
  if (type.starts_with("boardcast.")) return DraftError::type_of_gateway;
  draft.type = type == "message" ? std::string_view() : type;
  return {};
}

DraftCheck put_data(Draft& draft, std::string data) {
  if (data.size() > kDataBytesMax) return DraftError::data_too_long;
  if (data.find('\0') != std::string::npos) return DraftError::data_nul;
  if (!base::is_utf8(data)) return DraftError::data_not_utf8;
  draft.data = std::move(data);
  draft.data_is_json = false;
  return {};
}

DraftCheck put_key(Draft& draft, std::string_view key) {
  const bool sized = !key.empty() && key.size() <= kKeyBytesMax;
  if (!sized || !base::is_utf8(key) || base::has_any_control(key)) return DraftError::no_key;
  draft.key = key;
  return {};
}

}  // namespace gateway::broker
