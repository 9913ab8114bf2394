// What: what all of a simulated gateway shares: clock, options, and the model's own log: which
// event was published at which place, written down a second time from what the clients sent. Owner
// and thread: the simulation's.
#pragma once

#include <cstdint>
#include <cstdio>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/client_limits.h"
#include "api/kicks.h"
#include "api/options.h"
#include "api/stream_names.h"
#include "auth/key_source.h"
#include "base/clock.h"
#include "broker/options.h"
#include "http/options.h"
#include "support/fake_clock.h"

namespace gateway::sim {

using Place = std::uint64_t;  // the seq half of an id

/// How much happened, over all seeds.
struct GatewayCoverage {
  std::uint64_t events_read = 0;
  std::uint64_t heartbeats = 0;
  std::uint64_t moved_heartbeats = 0;
  std::uint64_t ended_limit = 0;
  std::uint64_t ended_slow = 0;
  std::uint64_t ended_drain = 0;
  std::uint64_t ended_kicked = 0;
  std::uint64_t ended_replaced = 0;
  std::uint64_t gaps = 0;
  std::uint64_t resumed = 0;
  std::uint64_t published = 0;
  std::uint64_t refused = 0;         // publications that were wrong
  std::uint64_t lost = 0;            // exchanges that a reset or a cut ended
  std::uint64_t lost_to_limits = 0;  // … or a time limit of the gateway
  std::uint64_t stalled = 0;
  std::uint64_t timeouts = 0;  // of PING, heads and bodies
  std::uint64_t counts_compared = 0;
  std::uint64_t encodings_exact = 0;
};

/// An event as a client sends it and as readers must get it.
struct SentEvent {
  std::vector<std::string> boards;  // distinct, in the order they were named
  std::string type;                 // empty: untyped
  std::string text;                 // `data` of the plain form, line ends as LF
  std::string json;                 // `data` in the envelope
};

/// One POST: what it sends and what becomes of it. Its number stands in the data of its events.
struct Publication {
  std::vector<SentEvent> events;
  bool batch = false;
  int status = 200;  // what it must be answered
  Place first = 0;   // of its events in the log; 0: none
};

struct LoggedEvent {
  const SentEvent* sent = nullptr;
  base::WallMs time = 0;
};

/// What a stream asks for.
struct StreamWish {
  std::vector<std::string> names;  // distinct
  std::vector<std::string> types;
  bool json = false;
  std::uint64_t limit = 0;
  enum class From : std::uint8_t { now, earliest, id, unknown } from = From::now;
  std::string id;
  bool accept = false;  // names text/event-stream
  std::string stream;   // its name; empty: none

  bool reads(const std::string& board) const {
    for (const std::string& name : names) {
      if (name == board) return true;
      if (name.back() == '*' && board.starts_with(name.substr(0, name.size() - 1))) return true;
    }
    return false;
  }
  /// The first of the event's boards that is read; their number when none is.
  std::size_t board_of(const SentEvent& event) const {
    std::size_t board = 0;
    while (board < event.boards.size() && !reads(event.boards[board])) ++board;
    return board;
  }
  bool wants(const SentEvent& event) const {
    if (board_of(event) == event.boards.size()) return false;
    if (types.empty()) return true;
    for (const std::string& type : types) {
      if (type == (event.type.empty() ? "message" : event.type)) return true;
    }
    return false;
  }
};

/// A stream that was lost: what may have been encoded for it nobody can know from outside.
struct LostStream {
  StreamWish wish;
  Place after = 0;
};

/// Place, and 0 for plain or 1 + index of the board for json.
using FormSet = std::set<std::pair<Place, std::size_t>>;

struct Scene {
  test::FakeClock clock;
  broker::Options broker;
  http::Options http;
  api::Options api;
  std::vector<std::string> addresses;
  auth::Options auth;
  std::shared_ptr<auth::KeySource> keys =
      std::make_shared<auth::KeySource>(*auth::load_key_set({}));
  api::Kicks kicks;
  api::ClientLimits clients{{1, 2}, clock};
  api::StreamNames names{api, clock};
  std::map<std::string, std::size_t> named;  // streams asked for, by their name
  std::uint32_t epoch = 0;
  std::deque<Publication> publications;  // by number
  std::vector<LoggedEvent> log;          // log[i] has place i + 1
  bool draining = false;
  bool leaving = false;  // streams and sessions are being ended
  FormSet forms_read;
  FormSet forms_possible;
  std::vector<LostStream> lost;
  GatewayCoverage coverage;

  Place head() const { return log.size(); }
  const SentEvent& event(Place place) const { return *log[place - 1].sent; }
  static std::string id_text(std::uint32_t epoch, Place place) {
    char text[32];
    std::snprintf(text, sizeof text, "%08x-%012llx", epoch, static_cast<unsigned long long>(place));
    return text;
  }
  std::string id(Place place) const { return id_text(epoch, place); }
};

/// A JSON string as the gateway writes it.
inline std::string json_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace gateway::sim
