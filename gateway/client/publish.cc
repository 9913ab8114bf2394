#include "client/publish.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "client/backoff.h"
#include "client/batch.h"
#include "client/exit_code.h"
#include "client/json.h"
#include "client/lines.h"
#include "client/retries.h"
#include "client/transfer.h"
#include "client/wording.h"

namespace gateway::client {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSilenceMax{30'000};
constexpr std::size_t kKeyLength = 22;  // of 6 bits: nobody else's by chance
constexpr milliseconds kFirstWait{200};
constexpr milliseconds kWaitCap{5'000};
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kLineBytesMax = 64 * 1024 * 1024;  // the most a gateway can be set to take
constexpr std::size_t kAnswerBytesMax = 1024 * 1024;

/// The whole answer to one POST.
class Answer final : public Receiver {
 public:
  bool head(const Head& head) override {
    head_ = head;
    return true;
  }
  bool body(std::string_view bytes) override {
    body_ += bytes;
    return body_.size() <= kAnswerBytesMax;
  }
  const Head& head() const { return head_; }
  const std::string& text() const { return body_; }

 private:
  Head head_;
  std::string body_;
};

class HttpPoster final : public Poster {
 public:
  HttpPoster(const Target& target, const World& world)
      : url_(target.url), transfer_(target, world.clock, world.console) {}

  Outcome post(const std::string& body, milliseconds time_max, Receiver& receiver) override {
    return transfer_.run({url_, {"content-type: application/json"}, body, kSilenceMax, time_max},
                         receiver);
  }

 private:
  const std::string url_;
  Transfer transfer_;
};

class Publisher {
 public:
  Publisher(const PublishOptions& options, const World& world, Poster& poster)
      : options_(options),
        world_(world),
        poster_(poster),
        batch_(options.boards, options.event, world.random.token(kKeyLength)),
        backoff_(kFirstWait, kWaitCap, world.random),
        retries_(options.retry_for) {}

  int run() { return options_.data ? publish_one() : publish_lines(); }

 private:
  int publish_one();
  int publish_lines();
  /// False when it cannot be published, which it says.
  bool add(std::string_view data, std::uint64_t line);
  int send_all();
  /// One POST; an exit code when it must be the last.
  std::optional<int> send();
  std::optional<int> take(const Answer& answer);
  std::optional<int> print_ids(std::string_view body);
  /// The POST was perhaps taken: the same again finds out, and publishes what is missing.
  std::optional<int> in_doubt(const std::string& why);
  /// The same once more: waits, unless it has tried for long enough.
  std::optional<int> again(const std::string& why, milliseconds at_least);
  /// This POST published nothing, nor will the next; one before it may have.
  int refuse(const std::string& why);
  int unknown(const std::string& why);

  const PublishOptions& options_;
  const World& world_;
  Poster& poster_;
  Batch batch_;
  Backoff backoff_;
  Retries retries_;
  base::MonoTime sent_at_;
  bool came_anew_ = false;  // for a certificate that had expired
};

int Publisher::publish_one() {
  if (!add(*options_.data, 0)) return kRefused;
  return send_all();
}

int Publisher::publish_lines() {
  Lines lines(kLineBytesMax);
  std::array<char, kReadBytes> buffer;
  std::uint64_t number = 0;
  bool more = true;
  while (more) {
    const auto size = world_.console.read(buffer.data(), buffer.size());
    if (!size) {
      world_.console.say("line " + std::to_string(number + 1) +
                         " and the rest not published: " + size.error().message);
      return kRefused;
    }
    more = *size != 0;
    lines.feed({buffer.data(), *size});
    if (!more) lines.end();
    bool good = true;
    while (const auto line = good ? lines.next() : std::nullopt) good = add(*line, ++number);
    if (const int code = send_all(); code != kDone) return code;
    if (!good) return kRefused;
    if (lines.too_long()) {
      world_.console.say("line " + std::to_string(number + 1) + " is too long for any gateway");
      return kRefused;
    }
  }
  return kDone;
}

bool Publisher::add(std::string_view data, std::uint64_t line) {
  const bool blank = data.find_first_not_of(" \t") == std::string_view::npos;
  if (options_.json && line != 0 && blank) return true;
  const bool is_text = base::is_utf8(data);
  if (is_text && (!options_.json || is_json(data))) {
    options_.json ? batch_.add_json(data, line) : batch_.add_text(data, line);
    return true;
  }
  world_.console.say(
      (line == 0 ? "the data" : "line " + std::to_string(line)) +
      (is_text ? " is no JSON" : " is not valid UTF-8; encode other bytes, in base64 for example"));
  return false;
}

int Publisher::send_all() {
  while (!batch_.empty()) {
    if (const auto code = send()) return *code;
  }
  return kDone;
}

std::optional<int> Publisher::send() {
  Answer answer;
  sent_at_ = world_.clock.now();
  const Outcome outcome = poster_.post(batch_.body(), retries_.time_max(sent_at_), answer);
  switch (outcome.kind) {
    case Outcome::Kind::complete:
      return take(answer);
    case Outcome::Kind::hopeless:
      return outcome.body_sent ? unknown(outcome.why) : refuse(outcome.why);
    case Outcome::Kind::failed:
      return outcome.body_sent ? in_doubt(outcome.why) : again(outcome.why, milliseconds(0));
    case Outcome::Kind::stopped:
      break;
  }
  return unknown(world_.console.closed() ? world_.console.output_trouble()
                                         : "its answer is too long");
}

std::optional<int> Publisher::take(const Answer& answer) {
  const int status = answer.head().status;
  if (status == 200) return print_ids(answer.text());
  const std::string why = refusal(status, answer.text(), options_.target.token);
  if (status == 408 || status == 429 || status == 503) {
    return again(why, answer.head().retry_after.value_or(std::chrono::seconds(0)));
  }
  if (status == 401 && options_.target.may_be_renewed() && !std::exchange(came_anew_, true)) {
    return again(why, milliseconds(0));
  }
  if (status >= 500) return in_doubt(why);  // a proxy's: who knows what it had passed on
  if (status == 400 || status == 413) {
    retries_.end_doubt();  // for what it is, so it was not taken the first time either
    if (batch_.halve()) return std::nullopt;
  }
  // 409 too: the key is known and its event is another. Keys are ours alone and what goes again is
  // the same to the byte, so somebody on the way changes what we send.
  return refuse(why);
}

std::optional<int> Publisher::print_ids(std::string_view body) {
  std::vector<std::string> ids = json_texts(json_member(body, "ids").value_or(""));
  if (std::string id = json_text_member(body, "id"); !id.empty()) ids.push_back(std::move(id));
  if (ids.size() != batch_.part()) return unknown("its answer is none of a gateway");
  batch_.accepted();
  came_anew_ = false;
  backoff_.reset();
  retries_.reset();
  if (options_.quiet) return std::nullopt;
  std::string text;
  for (const std::string& id : ids) text += id + "\n";
  if (world_.console.print(text)) return std::nullopt;
  world_.console.say("the rest is not published: " + world_.console.output_trouble());
  return kRefused;
}

// A gateway that was restarted meanwhile has forgotten the keys, and its log: what goes again has
// one place in the new log. Only a reader of both may see it in each, with a gap of reason epoch
// in between.
std::optional<int> Publisher::in_doubt(const std::string& why) {
  retries_.doubt(sent_at_);
  return again(why, milliseconds(0));
}

std::optional<int> Publisher::again(const std::string& why, milliseconds at_least) {
  const base::MonoTime now = world_.clock.now();
  const bool first = retries_.failed(now);
  const milliseconds wait = std::max(backoff_.next(), at_least);
  if (now + wait > retries_.deadline()) {
    refuse(why);
    return retries_.in_doubt() ? kUnknown : kGaveUp;
  }
  if (first) {
    const char* taken = retries_.in_doubt() ? "perhaps published" : "nothing was published";
    world_.console.say(std::string(clause(why)) + "; " + taken + ", trying again for " +
                       in_seconds(std::chrono::ceil<milliseconds>(retries_.deadline() - now)));
  }
  if (world_.console.wait(wait)) return std::nullopt;
  return refuse(world_.console.output_trouble());
}

int Publisher::refuse(const std::string& why) {
  if (retries_.in_doubt()) return unknown(why);
  world_.console.say(batch_.part_name() + " not published: " + why);
  return kRefused;
}

int Publisher::unknown(const std::string& why) {
  world_.console.say("no answer for " + batch_.part_name() +
                     ", perhaps published, perhaps not: " + why);
  return kUnknown;
}

}  // namespace

int publish(const PublishOptions& options, const World& world) {
  HttpPoster poster(options.target, world);
  return publish(options, world, poster);
}

int publish(const PublishOptions& options, const World& world, Poster& poster) {
  return Publisher(options, world, poster).run();
}

}  // namespace gateway::client
