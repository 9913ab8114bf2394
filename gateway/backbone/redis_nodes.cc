#include "backbone/redis_nodes.h"

#include <utility>

#include "base/log.h"
#include "base/random.h"

namespace gateway::backbone {
namespace {

using Kind = RedisReply::Kind;
using std::chrono::milliseconds;

constexpr std::size_t kSelfLength = 16;
constexpr std::size_t kPortionMax = 250;  // notes

std::string draw_self() {
  base::SystemRandom random;
  return random.token(kSelfLength);
}

}  // namespace

RedisNodes::RedisNodes(Context context, const RedisOptions& options)
    : context_(std::move(context)), options_(options), self_(draw_self()), portion_(kPortionMax) {
  timer_ = context_.loop.make([this] { look_at_time(); });
}

void RedisNodes::listen(Listener& listener) {
  context_.loop.post([this, &listener] {
    listener_ = &listener;
    if (connected_) read_notes();
  });
}

// --- Notes ---

void RedisNodes::connected() {
  connected_ = true;
  await_return();
  tell_now();
  read_notes();
}

void RedisNodes::disconnected(bool commands) {
  connected_ = false;
  up_ = false;
  ++round_;
  if (commands) portion_.lost();
  portion_.forget();
  context_.counters.nodes.set(0);
  while (!questions_.empty()) {
    finish(questions_.begin()->first, base::Fail{AskError::unavailable});
  }
  if (listener_ != nullptr) listener_->lost();
}

void RedisNodes::read_notes() {
  const std::uint64_t round = ++round_;
  reading_ = true;
  context_.send({"TIME"}, [this, round](const RedisReply& reply) {
    if (round != round_ || reply.is(Kind::lost)) return;
    const auto time = read_time(reply);
    if (!time) return give_up_reading(reply);
    redis_time_ = *time;
    read_at_ = context_.loop.clock().now();
    read_portion("0", round);
  });
}

void RedisNodes::read_portion(const std::string& cursor, std::uint64_t round) {
  context_.send({"HSCAN", context_.names.notes, cursor, "COUNT", std::to_string(portion_.ask())},
                [this, round](const RedisReply& reply) { take_portion(reply, round); });
}

void RedisNodes::take_portion(const RedisReply& reply, std::uint64_t round) {
  if (round != round_ || reply.is(Kind::lost)) return;
  const auto since =
      std::chrono::duration_cast<milliseconds>(context_.loop.clock().now() - read_at_);
  auto stored = read_stored_notes(reply, redis_time_ + since.count());
  if (!stored) return give_up_reading(reply);
  portion_.came(stored->count, stored->bytes);
  context_.counters.malformed.add(stored->malformed);
  for (HeardNote& note : stored->notes) hear(std::move(note));
  if (stored->cursor != "0") return read_portion(stored->cursor, round);
  reading_ = gave_up_ = false;
  up_ = true;
  if (listener_ != nullptr) listener_->complete();
  context_.read();
}

// As with an ACL user that may not: what nodes tell each other is missing, and events go on. It is
// tried again with each entry.
void RedisNodes::give_up_reading(const RedisReply& reply) {
  reading_ = false;
  portion_.forget();
  if (!std::exchange(gave_up_, true)) {
    BC_LOG(error, "redis: nodes cannot tell each other anything",
           {"why", reply.is(Kind::error) ? reply.text : "an answer that is none"});
  }
  context_.read();
}

void RedisNodes::put(Note note, PutDone done) {
  const bool refused = ++unanswered_ > options_.notes_unanswered;
  context_.loop.post([this, refused, note = std::move(note), done = std::move(done)] {
    const auto finish = [this, done](bool sent, const RedisReply& reply) {
      --unanswered_;
      const auto [result, version] = read_put(sent, reply);
      if (result == PutResult::unavailable || result == PutResult::unknown) {
        context_.counters.notes_lost.add();
      }
      done(result, version);
    };
    if (refused || !up_) return finish(false, {});
    script(kNoteScript, note_words(context_.names, self_, options_.notes_bytes, {note}),
           [finish](const RedisReply& reply) { finish(true, reply); });
  });
}

// Whole each time, a few KiB: Redis has it compiled, and forgets it when it likes.
void RedisNodes::script(const char* text, std::vector<std::string> words, Answer answer) {
  words.insert(words.begin(), {"EVAL", text});
  if (!context_.send(std::move(words), answer)) answer({});
}

// --- What others say ---

void RedisNodes::message(std::string_view text) {
  std::optional<Talk> talk = read_talk(text);
  if (!talk) return context_.counters.malformed.add();
  std::visit([this](auto&& of) { hear(std::forward<decltype(of)>(of)); }, *std::move(talk));
}

void RedisNodes::hear(HeardNote note) {
  context_.counters.notes.add();
  if (listener_ != nullptr && !listener_->hear(std::move(note))) context_.counters.malformed.add();
}

void RedisNodes::hear(TalkQuestion talk) {
  if (talk.node == self_) return;
  const auto answer = [this, to = talk.node, number = talk.number](std::string text) {
    context_.loop.post([this, to, number, text = std::move(text)] {
      if (answering_ > 0) --answering_;
      context_.send(
          {"PUBLISH", context_.names.talk,
           talk_text(TalkAnswer{self_, to, number, text.size() > kQuestionBytesMax ? "" : text})},
          [](const RedisReply&) {});
    });
  };
  // Without an answer the other waits in vain, and says so to whoever asked.
  if (listener_ == nullptr || answering_ >= options_.questions) return;
  if (!listener_->hear_question(std::move(talk.text), answer)) {
    return context_.counters.malformed.add();
  }
  ++answering_;
}

// --- Entries ---

void RedisNodes::tell(std::string entry) {
  context_.loop.post([this, entry = std::move(entry)]() mutable {
    entry_ = std::move(entry);
    if (!connected_) return;
    tell_now();
    if (!up_ && !reading_) read_notes();
  });
}

void RedisNodes::tell_now() {
  script(kEntryScript, entry_words(context_.names, self_, entry_), [this](const RedisReply& reply) {
    if (!reply.is(Kind::list) || !connected_) return;
    context_.counters.nodes.set(static_cast<std::int64_t>(reply.list.size()));
    see(reply);
    look_for_strangers(reply.list.size());
  });
  script(kNoteScript, note_words(context_.names, self_, options_.notes_bytes, {}),
         [](const RedisReply&) {});
}

void RedisNodes::look(LookDone done) {
  const auto fail = [done] { done(base::Fail{AskError::unavailable}); };
  const auto read = [this, done, fail](const RedisReply& nodes) {
    if (!nodes.is(Kind::list)) return fail();
    std::vector<std::string> command{"MGET"};
    for (const RedisReply& node : nodes.list) command.push_back(context_.names.entry(node.text));
    if (command.size() == 1) return done(std::vector<NodeEntry>());
    const bool sent =
        context_.send(std::move(command), [done, fail, nodes](const RedisReply& texts) {
          if (!texts.is(Kind::list) || texts.list.size() != nodes.list.size()) return fail();
          std::vector<NodeEntry> entries;
          for (std::size_t i = 0; i < nodes.list.size(); ++i) {
            if (!texts.list[i].is(Kind::text)) continue;  // it is gone
            entries.push_back({nodes.list[i].text, texts.list[i].text});
          }
          done(std::move(entries));
        });
    if (!sent) fail();
  };
  context_.loop.post([this, fail, read] {
    const bool sent =
        context_.send({"ZRANGE", context_.names.nodes, "0", std::to_string(kNodesMax - 1)}, read);
    if (!sent) fail();
  });
}

}  // namespace gateway::backbone
