// The part of RedisNodes that asks others, and knows who they are.
#include <algorithm>
#include <utility>

#include "backbone/redis_nodes.h"

namespace gateway::backbone {
namespace {

using Kind = RedisReply::Kind;
using std::chrono::milliseconds;

constexpr milliseconds kAskTimeout{2'000};
/// A node that was listed is there for so long: a Redis that has forgotten all lists it again then.
constexpr milliseconds kSeenLife = 2 * kEntryEvery;
/// When this node was cut off, others were, too: they come back within a link's longest pause.
constexpr milliseconds kReturn{6'000};
/// Who was there without being listed at as many looks, one each second, is no node.
constexpr std::size_t kLooks = 6;

/// 0: it cannot be known.
std::size_t read_subscribers(const RedisReply& reply) {
  if (!reply.is(Kind::list) || reply.list.size() != 2 || !reply.list[1].is(Kind::number)) return 0;
  return static_cast<std::size_t>(std::max<std::int64_t>(0, reply.list[1].number));
}

}  // namespace

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

// A list that Redis has forgotten does not tell of those that are connected, nor of one that has
// just come and hears already. With an ACL user that may not ask, the list has to do.
void RedisNodes::count_others(std::uint64_t number, const RedisReply& subscribers) {
  const auto found = questions_.find(number);
  if (found == questions_.end()) return;
  const std::size_t others = std::max<std::size_t>(read_subscribers(subscribers), 1) - 1;
  const std::size_t strangers =
      strangers_.size() < kLooks ? 0 : *std::min_element(strangers_.begin(), strangers_.end());
  found->second.others = others - std::min(others, strangers);
}

// An operator who listens, or a node that died and whose connection Redis still has: they answer
// nothing, and nobody shall wait for them. Each node is listed a moment after it came.
void RedisNodes::look_for_strangers(std::size_t listed) {
  context_.send({"PUBSUB", "NUMSUB", context_.names.talk}, [this, listed](const RedisReply& reply) {
    const std::size_t heard_by = read_subscribers(reply);
    strangers_.push_back(heard_by - std::min(heard_by, listed));
    if (strangers_.size() > kLooks) strangers_.pop_front();
  });
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

void RedisNodes::await_return() {
  const base::MonoTime now = context_.loop.clock().now();
  for (auto& [node, until] : seen_) until = now + kReturn;
  strangers_.clear();
}

void RedisNodes::see(const RedisReply& nodes) {
  const base::MonoTime now = context_.loop.clock().now();
  for (const RedisReply& node : nodes.list) {
    if (node.text != self_) seen_[node.text] = now + kSeenLife;
  }
  std::erase_if(seen_, [now](const auto& node) { return node.second < now; });
}

}  // namespace gateway::backbone
