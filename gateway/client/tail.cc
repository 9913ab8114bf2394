#include "client/tail.h"

#include <algorithm>
#include <utility>

#include "client/backoff.h"
#include "client/exit_code.h"
#include "client/tail_stream.h"
#include "client/transfer.h"
#include "client/wording.h"

namespace gateway::client {
namespace {

using std::chrono::milliseconds;

// Until the gateway has said its `retry:`.
constexpr milliseconds kFirstWait{1'000};
constexpr milliseconds kWaitCap{60'000};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

class Tail {
 public:
  Tail(const TailOptions& options, const World& world)
      : options_(options),
        world_(world),
        transfer_(options.target, world.clock, world.console),
        stream_(options, world),
        backoff_(kFirstWait, kWaitCap, world.random),
        well_at_(world.clock.now()) {}

  int run();

 private:
  Request request() const;
  /// The exit code when this attempt was the last; otherwise `why` says why it ended.
  std::optional<int> judge(const Outcome& outcome, std::string& why);
  std::optional<int> judge_answer(std::string& why);
  std::optional<int> wait(const std::string& why);

  const TailOptions& options_;
  const World& world_;
  Transfer transfer_;
  TailStream stream_;
  Backoff backoff_;
  base::MonoTime well_at_;  // the last time that there was a stream
  bool came_anew_ = false;  // for a certificate that had expired
  std::string said_;        // why the last attempt failed, if it said so
};

int Tail::run() {
  for (;;) {
    stream_.begin(well_at_);
    const Outcome outcome = transfer_.run(request(), stream_);
    std::string why = outcome.why;
    if (const auto code = judge(outcome, why)) return *code;
    if (const auto code = wait(why)) return *code;
  }
}

Request Tail::request() const {
  Request request{options_.target.url, {"accept: text/event-stream"}, {}, options_.idle_timeout};
  for (const std::string& boards : options_.boards) add_query(request.url, "boards", boards);
  add_query(request.url, "format", options_.json ? "json" : "plain");
  if (!options_.events.empty()) add_query(request.url, "events", joined(options_.events));
  if (options_.limit != 0) add_query(request.url, "limit", std::to_string(stream_.left()));
  if (!stream_.position().empty()) {
    request.fields.push_back("last-event-id: " + stream_.position());
    return request;
  }
  if (!options_.after.empty()) add_query(request.url, "lastEventId", options_.after);
  if (options_.last != 0) add_query(request.url, "last", std::to_string(options_.last));
  return request;
}

std::optional<int> Tail::judge(const Outcome& outcome, std::string& why) {
  if (stream_.exit_code()) return stream_.exit_code();
  switch (outcome.kind) {
    case Outcome::Kind::stopped:
      if (world_.console.ended()) return kDone;
      [[fallthrough]];
    case Outcome::Kind::complete:
      return judge_answer(why);
    case Outcome::Kind::failed:
      return std::nullopt;
    case Outcome::Kind::hopeless:
      break;
  }
  world_.console.say(why);
  return kRefused;
}

std::optional<int> Tail::judge_answer(std::string& why) {
  if (stream_.is_stream()) {
    came_anew_ = false;
    const std::string& reason = stream_.end_reason();
    if (reason == "limit") return kDone;
    why = reason.empty() ? "the stream ended" : "the gateway ended the stream (" + reason + ")";
    return std::nullopt;
  }
  const int status = stream_.head().status;
  why = refusal(status, stream_.refusal_body(), options_.target.token);
  const bool passes = status == 408 || status == 425 || status == 429 ||
                      (status >= 500 && status != 501 && status != 505);
  if (passes) return std::nullopt;
  if (status == 401 && options_.target.may_be_renewed() && !std::exchange(came_anew_, true)) {
    return std::nullopt;
  }
  world_.console.say(status == 204 ? "the gateway asks not to return (204)" : why);
  return status == 204 ? kDone : kRefused;
}

std::optional<int> Tail::wait(const std::string& why) {
  const base::MonoTime now = world_.clock.now();
  if (stream_.opened()) {
    well_at_ = now;
    backoff_.reset();
    said_.clear();
  }
  if (stream_.retry_ms()) {
    const auto most = static_cast<std::uint64_t>(kWaitCap.count());
    backoff_.set_first(milliseconds(std::min(*stream_.retry_ms(), most)));
  }
  const milliseconds asked = stream_.head().retry_after.value_or(std::chrono::seconds(0));
  const milliseconds pause = std::max(backoff_.next(), asked);
  if (options_.give_up_after.count() != 0 && now + pause > well_at_ + options_.give_up_after) {
    world_.console.say(std::string(clause(why)) + "; giving up");
    return kGaveUp;
  }
  if (why != said_) {
    std::string text = stream_.opened() ? "lost the connection: " : "no stream: ";
    text.append(clause(why)).append("; trying again in ").append(in_seconds(pause));
    world_.console.say(text);
    said_ = why;
  }
  return world_.console.wait(pause) ? std::nullopt : std::optional<int>(kDone);
}

}  // namespace

int tail(const TailOptions& options, const World& world) { return Tail(options, world).run(); }

}  // namespace gateway::client
