#include "api/publication.h"

#include <utility>

#include "api/problem.h"
#include "base/text.h"
#include "broker/draft_check.h"
#include "broker/filter.h"
#include "broker/options.h"

namespace gateway::api {
namespace {

Rejection reject(const std::string& what, broker::DraftError error) {
  return {400, what + ' ' + std::string(broker::to_string(error)) + '.'};
}

Rejection reject_board(std::string_view name) {
  return {400, "The board name " + in_quotes(name) + " " +
                   std::string(broker::to_string(broker::check_board_name(name).error())) +
                   "; an event goes to boards named one by one, each 1 to " +
                   std::to_string(broker::kNameBytesMax) + " bytes of plain text."};
}

}  // namespace

Checked add_board(broker::Draft& draft, std::string_view name) {
  const auto error = broker::put_board(draft, name);
  if (!error) return {};
  if (error == broker::DraftError::no_board) return reject_board(name);
  return Rejection{400, "An event can go to " + std::to_string(broker::kBoardsPerEventMax) +
                            " boards at most; publish it again to the others."};
}

Checked set_type(broker::Draft& draft, std::string_view type) {
  const auto error = broker::put_type(draft, type);
  return error ? Checked(reject("The event type " + in_quotes(type), *error)) : std::nullopt;
}

Checked set_text(broker::Draft& draft, std::string text) {
  const auto error = broker::put_data(draft, std::move(text));
  return error ? Checked(reject("The data", *error)) : std::nullopt;
}

Checked set_key(broker::Draft& draft, std::string_view key) {
  const auto error = broker::put_key(draft, key);
  return error ? Checked(reject("The key " + in_quotes(key), *error)) : std::nullopt;
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
