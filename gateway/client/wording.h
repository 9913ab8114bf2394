// What: what both commands say to a person, in one line each. Pure functions.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "client/token.h"

namespace gateway::client {

/// "0.3 s", "42.0 s".
std::string in_seconds(std::chrono::milliseconds time);
/// What a refusal says: the `detail` of its problem+json (RFC 9457), or else its status; and where
/// it is for want of a token, or of one that counts, which was shown and how to show one.
std::string refusal(int status, std::string_view body, const Token& token);
/// A sentence without its full stop, to be followed by more.
std::string_view clause(std::string_view sentence);
/// A boardcast.gap event in plain words.
std::string gap_in_words(std::string_view json);

}  // namespace gateway::client
