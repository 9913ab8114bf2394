// What: what a request's `accept` field says about event streams (RFC 9110 §12.5.1). Pure
// functions; nothing keeps a view. Thread: any.
#pragma once

#include <string_view>

namespace gateway::api {

/// May be answered with text/event-stream. The most specific range decides, so that
/// "text/event-stream;q=0, */*" may not. An absent (empty) field accepts everything.
bool accepts_event_stream(std::string_view accept);

/// Names text/event-stream itself with a weight above zero, as a browser's EventSource does (WHATWG
/// HTML §9.2.3): such a client gives up for good on any status but 200.
bool names_event_stream(std::string_view accept);

/// Names text/html itself with a weight above zero, as a browser that opens a page does, and curl
/// does not.
bool names_html(std::string_view accept);

}  // namespace gateway::api
