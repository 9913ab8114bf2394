// What: errors as clients see them: problem+json (RFC 9457) whose detail says what to do. Thread:
// pure functions.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "http/message.h"

namespace gateway::api {

/// {"title":"Not Found","status":404,"detail":"…"}; the title is the reason phrase of RFC 9110 §15.
/// `detail` is a sentence for the client; broken UTF-8 and C1 control characters in it are
/// replaced. The caller adds what the status wants beside it (www-authenticate, accept-post, …).
http::Response problem(int status, std::string_view detail);
/// 503 with retry-after in whole seconds (RFC 9110 §10.2.3): what passes by itself, and soon unless
/// something else is known.
http::Response unavailable(std::string_view detail,
                           std::chrono::seconds retry_after = std::chrono::seconds(1));
/// 429 (RFC 6585 §4) with retry-after in whole seconds, one at least: the client has had his share.
http::Response too_many(std::string_view detail, std::chrono::milliseconds retry_after);
/// 405; `allow` is the list of methods the resource knows ("GET, HEAD").
http::Response method_not_allowed(std::string_view allow);

/// `text` of a client, fit to be named in a detail: in double quotes, control characters escaped,
/// broken UTF-8 and C1 control characters replaced by U+FFFD, cut after 64 bytes. (Not `quoted`:
/// std::quoted, found by its argument, would win.)
std::string in_quotes(std::string_view text);

}  // namespace gateway::api
