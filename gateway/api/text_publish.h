// What: publications whose body is not JSON: the body is the data and the URL names the boards, or
// a form carries it all. Always one event. Thread: pure functions.
#pragma once

#include <string_view>

#include "api/publication.h"

namespace gateway::api {

/// A body of text/*: it is the data, byte for byte. `query` (encoded, without '?') carries `board`,
/// once or more, and perhaps `event`.
Reading read_text_publication(std::string_view query, std::string_view body);

/// A body of application/x-www-form-urlencoded, which is what `curl -d` calls any text: with
/// `board` in the query it is read as text is, otherwise as a form of the fields `board` (once or
/// more), `data` and perhaps `event`.
Reading read_form_publication(std::string_view query, std::string_view body);

}  // namespace gateway::api
