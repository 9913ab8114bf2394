// What: what a GET /events asks for, read from its query and its Last-Event-ID field and checked
// whole before anything is opened. Thread: plain values and a pure function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "broker/event_id.h"
#include "broker/filter.h"
#include "broker/options.h"
#include "broker/replay.h"
#include "http/message.h"

namespace gateway::api {

struct StreamQuery {
  broker::Filter filter;  // not empty
  broker::Format format = broker::Format::plain;
  std::uint64_t limit = 0;  // published events until the end; 0: no limit
  broker::Start start;
  std::string name;  // the client's own, of the stream; empty: none
};

/// What the answer depends on besides the request.
struct StreamDefaults {
  broker::Format format = broker::Format::plain;
  std::size_t names_max = 0;  // boards and patterns, and also event types
  broker::EventId head{};     // the newest id that may be known
};

/// Reads `boards`, `board`, `events`, `limit`, `format`, `last`, `lastEventId` and `stream`; others
/// are ignored (caches and tokens add theirs). A position wins over `last`, so that a URL with it
/// resumes. Of a repeated single value the last one counts; an empty
/// `lastEventId` is none, as polyfills send it on their first request. A field Last-Event-ID wins
/// over the query; what is wrong with it is no error, because a browser never retries after a 400.
/// The error is a sentence for the client.
base::Result<StreamQuery> read_stream_query(const http::Request& request,
                                            const StreamDefaults& defaults);

}  // namespace gateway::api
