#include "api/name_note.h"

#include "base/sized.h"
#include "broker/filter.h"
#include "broker/options.h"

namespace gateway::api {

std::optional<backbone::Note> name_note(const std::string& name, const StreamId& stream, bool taken,
                                        const std::vector<std::string>& boards,
                                        std::chrono::milliseconds lifetime) {
  backbone::Note note{std::string(kNameNotes) + name, to_string(stream), taken, {}, lifetime};
  for (const std::string& board : boards) base::append_sized(note.value, board);
  if (note.key.size() > backbone::kNoteKeyBytesMax || note.value.size() > backbone::kNoteBytesMax) {
    return std::nullopt;
  }
  return note;
}

std::optional<std::vector<std::string>> read_boards(std::string_view value) {
  base::SizedReader reader(value);
  std::vector<std::string> boards;
  while (!reader.at_end() && boards.size() <= broker::kBoardsPerStreamMax) {
    boards.emplace_back(reader.text());
  }
  if (!reader.ok() || boards.size() > broker::kBoardsPerStreamMax) return std::nullopt;
  const auto filter = broker::Filter::compile(boards, {});
  if (!filter || filter->names().size() != boards.size()) return std::nullopt;
  return boards;
}

}  // namespace gateway::api
