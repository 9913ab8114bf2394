#include "load/plan.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>

#include "load/common.h"

namespace bench {
namespace {

constexpr const char* kUsage = R"(usage: boardcast-bench [options]
who is measured
  --url URL            https://host:port, http:// (HTTP/1.1) or h2c:// (https://localhost:8443)
  --http1              HTTP/1.1 on https://
  --ca FILE            whom to trust (certs/ca.crt); '' trusts anybody
  --path TEMPLATE      of a stream (/events?boards={board})
  --header 'n: v'      of a stream's request, repeatable
  --publish-url URL    where publishes go (--url)
  --publish-method, --publish-path, --publish-header    (POST, /events?board={board})
  --item TEMPLATE      one event in the body ({data}); {board} and {n} are there too
  --before, --separator, --after TEXT    around and between the events of a batch ('' , '')
  --pid N[,N…]         the server's processes, for their CPU time and memory
the work
  --connections 10  --streams 100  --boards 1     streams on each connection; boards in turn
  --rate 100           events a second; 0: none, the streams are held open ("holding N streams"
                       on standard error says when)
  --saturate WINDOW    as fast as it goes, so many events on their way
  --batch 1  --bytes 256  --publishers 1
  --expect 0           with --rate 0: events of each board that another process publishes
  --warmup 0  --seconds 10  --settle 1            the warm-up is checked and not measured
  --requests 0  --request-path /    GETs on each connection before its streams
  --quiet 5            seconds without a delivery after which what is missing is lost
  --chrome             each stream depends exclusively on the one before, as Chrome opens them
  --slow 0  --slow-bytes 10000    connections more that read so many bytes a second
  --replay-connections 0  --replay-streams 100  --replay-events 1000
                       streams that return half way with the id of an event so far back
  --json               one line of JSON instead of the table)";

[[noreturn]] void refuse(const std::string& why) { die(why + "\n" + kUsage); }

std::uint64_t number(const std::string& name, const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) refuse(name + " wants a number");
  return value;
}

void add_field(const std::string& name, const std::string& text, Fields& fields) {
  const std::size_t colon = text.find(": ");
  if (colon == std::string::npos) refuse(name + " wants 'name: value'");
  fields.emplace_back(text.substr(0, colon), text.substr(colon + 2));
}

void add_pids(const std::string& name, const std::string& text, std::vector<int>& pids) {
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    pids.push_back(static_cast<int>(number(name, text.substr(at, comma - at))));
    at = comma + 1;
  }
}

using Texts = std::map<std::string_view, std::string*>;
using Numbers = std::map<std::string_view, std::uint64_t*>;
using Flags = std::map<std::string_view, bool*>;

void check(const Plan& plan) {
  if (plan.boards == 0 || plan.batch == 0 || plan.publishers == 0 || plan.connections == 0 ||
      plan.streams == 0) {
    refuse("boards, batch, publishers, connections and streams are at least 1");
  }
  const bool one_request = plan.http1 || plan.url.rfind("http://", 0) == 0;
  if (one_request && plan.streams != 1) refuse("HTTP/1.1 carries --streams 1 on a connection");
  if (plan.expect > 0 && plan.rate > 0) refuse("--expect goes with --rate 0");
  if (plan.replay_connections > 0 && plan.rate == 0) refuse("a replay needs a --rate");
}

}  // namespace

void die(const std::string& message) {
  std::fprintf(stderr, "boardcast-bench: %s\n", message.c_str());
  std::exit(2);
}

Plan parse_plan(int argc, char** argv) {
  Plan plan;
  const Texts texts{{"--url", &plan.url},
                    {"--ca", &plan.ca},
                    {"--path", &plan.path},
                    {"--request-path", &plan.request_path},
                    {"--publish-url", &plan.publish_url},
                    {"--publish-method", &plan.publish_method},
                    {"--publish-path", &plan.publish_path},
                    {"--item", &plan.item},
                    {"--separator", &plan.separator},
                    {"--before", &plan.before},
                    {"--after", &plan.after}};
  const Numbers numbers{{"--connections", &plan.connections},
                        {"--streams", &plan.streams},
                        {"--boards", &plan.boards},
                        {"--publishers", &plan.publishers},
                        {"--rate", &plan.rate},
                        {"--saturate", &plan.window},
                        {"--batch", &plan.batch},
                        {"--bytes", &plan.bytes},
                        {"--seconds", &plan.seconds},
                        {"--expect", &plan.expect},
                        {"--warmup", &plan.warmup},
                        {"--requests", &plan.requests},
                        {"--settle", &plan.settle},
                        {"--quiet", &plan.quiet},
                        {"--slow", &plan.slow},
                        {"--slow-bytes", &plan.slow_bytes},
                        {"--replay-connections", &plan.replay_connections},
                        {"--replay-streams", &plan.replay_streams},
                        {"--replay-events", &plan.replay_events}};
  const Flags flags{{"--http1", &plan.http1}, {"--chrome", &plan.chrome}, {"--json", &plan.json}};
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (const auto flag = flags.find(name); flag != flags.end()) {
      *flag->second = true;
      continue;
    }
    if (name == "--help") refuse("load for any server of event streams");
    if (++i == argc) refuse(name + " is unknown or lacks its value");
    const std::string value = argv[i];
    if (const auto text = texts.find(name); text != texts.end()) {
      *text->second = value;
    } else if (const auto found = numbers.find(name); found != numbers.end()) {
      *found->second = number(name, value);
    } else if (name == "--header") {
      add_field(name, value, plan.fields);
    } else if (name == "--publish-header") {
      add_field(name, value, plan.publish_fields);
    } else if (name == "--pid") {
      add_pids(name, value, plan.pids);
    } else {
      refuse("there is no " + name);
    }
  }
  plan.fields.insert(plan.fields.begin(), {"accept", "text/event-stream"});
  if (plan.publish_fields.empty()) plan.publish_fields = {{"content-type", "text/plain"}};
  if (plan.publish_url.empty()) plan.publish_url = plan.url;
  check(plan);
  return plan;
}

std::string expand(std::string_view text, const Values& values) {
  const std::pair<std::string_view, std::string_view> words[] = {
      {"{board}", values.board}, {"{data}", values.data}, {"{n}", values.n}, {"{id}", values.id}};
  std::string out;
  while (!text.empty()) {
    const std::size_t brace = std::min(text.find('{'), text.size());
    out.append(text.substr(0, brace));
    text.remove_prefix(brace);
    std::size_t taken = text.empty() ? 0 : 1;
    std::string_view put = text.substr(0, taken);
    for (const auto& [word, value] : words) {
      if (text.substr(0, word.size()) != word) continue;
      taken = word.size();
      put = value;
    }
    out.append(put);
    text.remove_prefix(taken);
  }
  return out;
}

}  // namespace bench
