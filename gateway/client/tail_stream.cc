#include "client/tail_stream.h"

#include "client/exit_code.h"
#include "client/json.h"
#include "client/wording.h"

namespace gateway::client {
namespace {

// The largest body that a gateway can be set to take, and what JSON may add to it.
constexpr std::size_t kEventBytesMax = 128 * 1024 * 1024;
constexpr std::size_t kRefusalBytesMax = 64 * 1024;
constexpr std::string_view kOwn = "boardcast.";
constexpr std::string_view kEventStream = "text/event-stream";

}  // namespace

TailStream::TailStream(const TailOptions& options, const World& world)
    : options_(options),
      world_(world),
      reader_(kEventBytesMax, [this](const SseEvent& event) { return take(event); }) {}

void TailStream::begin(base::MonoTime well_at) {
  well_at_ = well_at;
  reader_.restart();
  head_ = Head{};
  refusal_body_.clear();
  end_reason_.clear();
  opened_ = false;
}

bool TailStream::head(const Head& head) {
  head_ = head;
  if (!is_stream() || head.content_type.substr(0, kEventStream.size()) == kEventStream) return true;
  world_.console.say("the answer is no event stream but \"" + head.content_type +
                     "\": is this the URL of a gateway?");
  return finish(kRefused);
}

bool TailStream::body(std::string_view bytes) {
  if (!is_stream()) {
    refusal_body_ += bytes;
    return refusal_body_.size() < kRefusalBytesMax;
  }
  const SseReader::State state = reader_.feed(bytes);
  if (!world_.console.print(output_)) return unprinted();
  output_.clear();
  if (state != SseReader::State::kTooLarge) return state == SseReader::State::kReading;
  world_.console.say("the stream has an event that is larger than any gateway takes");
  return finish(kRefused);
}

bool TailStream::take(const SseEvent& event) {
  if (event.type.substr(0, kOwn.size()) == kOwn) return take_own(event);
  output_.append(event.data).append("\n");
  ++printed_;
  return printed_ == options_.limit ? finish(kDone) : true;
}

bool TailStream::take_own(const SseEvent& event) {
  const std::string_view name = event.type.substr(kOwn.size());
  if (name == "open") {
    opened_ = true;
    say_open();
  } else if (name == "end") {
    end_reason_ = json_text_member(event.data, "reason");
  } else if (name == "gap") {
    world_.console.say(gap_in_words(event.data));
    if (options_.fail_on_gap) return finish(kGap);
  }
  return true;
}

void TailStream::say_open() {
  if (opened_before_) {
    const auto away =
        std::chrono::duration_cast<std::chrono::milliseconds>(world_.clock.now() - well_at_);
    world_.console.say("resumed after " + in_seconds(away) + ", from " + position());
  }
  opened_before_ = true;
}

bool TailStream::finish(int code) {
  if (!exit_code_) exit_code_ = code;
  return false;
}

bool TailStream::unprinted() {
  if (!world_.console.failed()) return finish(kDone);
  world_.console.say(world_.console.output_trouble());
  exit_code_ = kRefused;  // even if the limit was reached: what reached it is not printed
  return false;
}

}  // namespace gateway::client
