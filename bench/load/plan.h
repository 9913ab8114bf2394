// What: what one run of the load generator does, as its command line says. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bench {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Plan {
  // Who is measured, and how it is spoken to.
  std::string url = "https://localhost:8443";  // https://, http:// (HTTP/1.1) or h2c://
  std::string publish_url;                     // where publishes go; empty: where streams go
  std::string ca = "certs/ca.crt";             // empty: trusts anybody
  bool http1 = false;                          // HTTP/1.1 instead of HTTP/2 on https://
  std::string path = "/events?boards={board}";
  Fields fields;
  std::string publish_method = "POST";
  std::string publish_path = "/events?board={board}";
  Fields publish_fields;
  std::string item = "{data}";  // one event in the body
  std::string separator = ",";  // between events of a batch
  std::string before, after;    // around them
  std::vector<int> pids;        // the server's processes

  // The work.
  std::uint64_t connections = 10;
  std::uint64_t streams = 100;  // on each
  std::uint64_t boards = 1;     // stream n reads board n mod boards, event n is for it
  std::uint64_t publishers = 1;
  std::uint64_t rate = 100;   // events a second; 0: none, the streams are held open
  std::uint64_t window = 0;   // > 0: as fast as it goes, with so many events on their way
  std::uint64_t batch = 1;    // events of one publish
  std::uint64_t bytes = 256;  // of an event's data
  std::uint64_t seconds = 10;
  std::uint64_t expect = 0;    // events of each board that another process publishes meanwhile
  std::uint64_t warmup = 0;    // seconds before them that are checked and not measured
  std::uint64_t requests = 0;  // on each connection, before its streams
  std::string request_path = "/";
  std::uint64_t settle = 1;           // seconds between opening and reading memory
  std::uint64_t quiet = 5;            // seconds without a delivery: what is missing is lost
  bool chrome = false;                // each stream depends exclusively on the one before
  std::uint64_t slow = 0;             // this many further connections read slowly …
  std::uint64_t slow_bytes = 10'000;  // … so many bytes a second each

  // Half way: this many connections × streams return with an old id.
  std::uint64_t replay_connections = 0;
  std::uint64_t replay_streams = 100;
  std::uint64_t replay_events = 1000;  // of each board, which they missed

  bool json = false;
};

/// Ends the program with the usage when the words make no plan.
Plan parse_plan(int argc, char** argv);

/// `text` with {board}, {data}, {n} and {id} replaced by these.
struct Values {
  std::string_view board, data, n, id;
};
std::string expand(std::string_view text, const Values& values);

}  // namespace bench
