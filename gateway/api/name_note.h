// What: the boards of a named stream as a note that all nodes know (backbone/nodes.h): its owner is
// the stream that has the name. Pure functions. Thread: any.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/stream_id.h"
#include "backbone/nodes.h"

namespace gateway::api {

inline constexpr std::string_view kNameNotes = "name:";

/// Of the name with its subject, as StreamNames keeps it. `taken` by this stream; otherwise it has
/// other boards now. Nothing when it would be too large.
std::optional<backbone::Note> name_note(const std::string& name, const StreamId& stream, bool taken,
                                        const std::vector<std::string>& boards,
                                        std::chrono::milliseconds lifetime);
/// The boards and patterns in it, maybe none. Nothing: they are none that a stream could have.
std::optional<std::vector<std::string>> read_boards(std::string_view value);

}  // namespace gateway::api
