// What: what this room asks other nodes, and answers them (backbone/nodes.h), as texts: a change or
// the end of a stream that is not here. Whoever asks was looked at where he asked: what goes along
// is whose token it is, what it lets him read and when it ends, not the token. What comes from a
// node may have been written by somebody else, so it is checked as a client's would be. Pure
// functions. Thread: any.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "api/kicks.h"
#include "api/stream_change.h"
#include "api/stream_id.h"
#include "backbone/nodes.h"
#include "http/message.h"

namespace gateway::api {

struct ChangeQuestion {
  StreamId stream;
  StreamChange change;
};
using NodeQuestion = std::variant<ChangeQuestion, Kick>;

std::string question_text(const ChangeQuestion& question);
std::string question_text(const Kick& kick);
/// Nothing: none of these.
std::optional<NodeQuestion> read_question(std::string_view text);

/// To a change.
std::string answer_text(const http::Response& response);
/// Nothing: no such answer.
std::optional<http::Response> read_answer(std::string_view text);
/// To a kick, when it was done.
inline constexpr const char* kKicked = "kicked";

/// 503: there is no such stream here, and why the others have not said so.
http::Response not_told(backbone::AskError error);

}  // namespace gateway::api
