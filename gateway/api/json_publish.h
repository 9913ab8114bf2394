// What: publications in JSON: one event as an object, a batch as an array of them or as one object
// a line (application/x-ndjson). An event is {"board":"b"} or {"boards":["a","b"]}, "data", and
// optionally "event" and "key". Data that is a string goes out as its text; any other value as it
// was written, less the white space between its tokens. Thread: pure functions.
#pragma once

#include <string_view>

#include "api/publication.h"

namespace gateway::api {

/// A body of application/json. A rejection of a batch names the index of the culprit, from 0.
/// `limits.json_depth` bounds the nesting of each event's data.
Reading read_json_publication(std::string_view body, const PublishLimits& limits);

/// A body of application/x-ndjson: lines end with LF or CRLF, empty ones are skipped and not
/// counted.
Reading read_ndjson_publication(std::string_view body, const PublishLimits& limits);

}  // namespace gateway::api
