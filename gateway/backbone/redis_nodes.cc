#include "backbone/redis_nodes.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/random.h"

namespace gateway::backbone {
namespace {

using Kind = RedisReply::Kind;
using std::chrono::milliseconds;

constexpr milliseconds kAskTimeout{2'000};
/// A node that was listed is there for so long: a Redis that has forgotten all lists it again then.
constexpr milliseconds kSeenLife = 2 * kEntryEvery;
/// When this node was cut off, others were, too: they come back within a link's longest pause.
constexpr milliseconds kReturn{6'000};
constexpr std::size_t kSelfLength = 16;
constexpr const char* kPortion = "250";  // notes, about

std::string draw_self() {
  base::SystemRandom random;
  return random.token(kSelfLength);
}

}  // namespace

RedisNodes::RedisNodes(Context context, const RedisOptions& options)
    : context_(std::move(context)), options_(options), self_(draw_self()) {
  timer_ = context_.loop.make([this] { look_at_time(); });
}

void RedisNodes::listen(Listener& listener) {
  context_.loop.post([this, &listener] {
    listener_ = &listener;
    if (connected_) read_notes();
  });
}

// --- Notes
// ----------------------------------------------------------------------------------------

void RedisNodes::connected() {
  connected_ = true;
  for (auto& [node, until] : seen_) until = context_.loop.clock().now() + kReturn;
  tell_now();
  read_notes();
}

void RedisNodes::disconnected() {
  connected_ = false;
  up_ = false;
  ++round_;
  context_.counters.nodes.set(0);
  while (!questions_.empty()) {
    finish(questions_.begin()->first, base::Fail{AskError::unavailable});
  }
  if (listener_ != nullptr) listener_->lost();
}

void RedisNodes::read_notes() {
  const std::uint64_t round = ++round_;
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
  context_.send({"HSCAN", context_.names.notes, cursor, "COUNT", kPortion},
                [this, round](const RedisReply& reply) { take_portion(reply, round); });
}

void RedisNodes::take_portion(const RedisReply& reply, std::uint64_t round) {
  if (round != round_ || reply.is(Kind::lost)) return;
  const auto since =
      std::chrono::duration_cast<milliseconds>(context_.loop.clock().now() - read_at_);
  auto stored = read_stored_notes(reply, redis_time_ + since.count());
  if (!stored) return give_up_reading(reply);
  context_.counters.malformed.add(stored->malformed);
  for (HeardNote& note : stored->notes) hear(std::move(note));
  if (stored->cursor != "0") return read_portion(stored->cursor, round);
  up_ = true;
  if (listener_ != nullptr) listener_->complete();
  context_.read();
}

// As with an ACL user that may not: what nodes tell each other is missing, and events go on.
void RedisNodes::give_up_reading(const RedisReply& reply) {
  BC_LOG(error, "redis: nodes cannot tell each other anything", {"why", reply.text});
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

// --- Questions
// ------------------------------------------------------------------------------------

void RedisNodes::ask(std::string question, AskDone done) {
  context_.loop.post([this, question = std::move(question), done = std::move(done)] {
    if (!up_ || questions_.size() >= options_.questions || question.size() > kQuestionBytesMax) {
      return done(base::Fail{AskError::unavailable});
    }
    const std::uint64_t number = ++last_question_;
    questions_[number] = {done, context_.loop.clock().now() + kAskTimeout, 0, {}, {}};
    context_.counters.questions.add();
    send_question(number, question);
    if (!timer_->armed()) timer_->arm(kAskTimeout);
  });
}

void RedisNodes::send_question(std::uint64_t number, std::string text) {
  context_.send({"PUBSUB", "NUMSUB", context_.names.talk},
                [this, number](const RedisReply& reply) { count_others(number, reply); });
  context_.send({"PUBLISH", context_.names.talk, talk_text(TalkQuestion{self_, number, text})},
                [](const RedisReply&) {});
  context_.send({"ZRANGE", context_.names.nodes, "0", std::to_string(kNodesMax - 1)},
                [this, number](const RedisReply& reply) { expect(number, reply); });
}

// A list that Redis has forgotten does not tell of those that are connected. With an ACL user that
// may not ask, it has to do.
void RedisNodes::count_others(std::uint64_t number, const RedisReply& subscribers) {
  const auto found = questions_.find(number);
  if (found == questions_.end() || !subscribers.is(Kind::list)) return;
  if (subscribers.list.size() != 2 || !subscribers.list[1].is(Kind::number)) return;
  found->second.others =
      static_cast<std::size_t>(std::max<std::int64_t>(1, subscribers.list[1].number) - 1);
}

void RedisNodes::expect(std::uint64_t number, const RedisReply& nodes) {
  const auto found = questions_.find(number);
  if (found == questions_.end()) return;
  if (!nodes.is(Kind::list)) return finish(number, base::Fail{AskError::unavailable});
  std::set<std::string>& awaited = found->second.awaited.emplace();
  see(nodes);
  for (const auto& [node, until] : seen_) awaited.insert(node);
  for (const std::string& node : found->second.answered) awaited.erase(node);
  settle(number);
}

void RedisNodes::settle(std::uint64_t number) {
  const auto found = questions_.find(number);
  if (found == questions_.end() || !found->second.awaited) return;
  const Question& question = found->second;
  if (question.awaited->empty() && question.answered.size() >= question.others) {
    finish(number, std::string());
  }
}

void RedisNodes::finish(std::uint64_t number, base::Result<std::string, AskError> result) {
  const AskDone done = std::move(questions_.extract(number).mapped().done);
  done(std::move(result));
}

void RedisNodes::look_at_time() {
  const base::MonoTime now = context_.loop.clock().now();
  while (!questions_.empty() && questions_.begin()->second.until <= now) {
    context_.counters.silent.add();
    finish(questions_.begin()->first, base::Fail{AskError::silent});
  }
  if (!questions_.empty()) timer_->arm(questions_.begin()->second.until - now);
}

// --- What others say
// ------------------------------------------------------------------------------

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

void RedisNodes::hear(TalkAnswer talk) {
  if (talk.to != self_) return;
  const auto found = questions_.find(talk.number);
  if (found == questions_.end()) return;
  if (!talk.text.empty()) return finish(talk.number, std::move(talk.text));
  Question& question = found->second;
  if (question.answered.size() < kNodesMax) question.answered.insert(talk.node);
  if (question.awaited) question.awaited->erase(talk.node);
  settle(talk.number);
}

// --- Entries
// --------------------------------------------------------------------------------------

void RedisNodes::tell(std::string entry) {
  context_.loop.post([this, entry = std::move(entry)]() mutable {
    entry_ = std::move(entry);
    if (connected_) tell_now();
  });
}

void RedisNodes::tell_now() {
  script(kEntryScript, entry_words(context_.names, self_, entry_), [this](const RedisReply& reply) {
    if (!reply.is(Kind::list) || !connected_) return;
    context_.counters.nodes.set(static_cast<std::int64_t>(reply.list.size()));
    see(reply);
  });
  script(kNoteScript, note_words(context_.names, self_, options_.notes_bytes, {}),
         [](const RedisReply&) {});
}

void RedisNodes::see(const RedisReply& nodes) {
  const base::MonoTime now = context_.loop.clock().now();
  for (const RedisReply& node : nodes.list) {
    if (node.text != self_) seen_[node.text] = now + kSeenLife;
  }
  std::erase_if(seen_, [now](const auto& node) { return node.second < now; });
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
