// What the link asks of Redis.
#include <algorithm>
#include <iterator>
#include <utility>

#include "backbone/redis_link.h"
#include "base/log.h"

namespace gateway::backbone {

void RedisLink::ask_standing() {
  const std::uint64_t round = ++round_;
  const std::string keep = context_.keep();
  // Once after the start and after a reload that changes it, so that nodes of different
  // configurations do not take turns.
  run(script_words(context_.names, keep == keep_said_ ? keep_hint(keep) : keep, {}),
      [this, round, keep](bool, const RedisReply& reply) {
        if (round != round_ || reply.is(RedisReply::Kind::lost)) return;
        const auto answer = read_script_answer(reply, 0);
        if (!answer) return leave("the script: " + reply.text);
        compare_keep(keep, answer->kept);
        copy_.stands(answer->standing);
        tell();
      });
}

void RedisLink::compare_keep(const std::string& keep, const std::string& kept) {
  const bool was_said = std::exchange(keep_said_, keep) == keep;
  const bool was_told = std::exchange(keep_told_, kept) == kept;
  if (kept.empty() || kept == keep) return;
  if (!was_said) {
    BC_LOG(info, "redis: what it keeps is as this node is configured from now on",
           {"difference", keep_difference(keep, kept)});
  } else if (!was_told) {
    BC_LOG(warn,
           "redis: what it keeps is as another node is configured, which was started or reloaded "
           "later",
           {"difference", keep_difference(keep, kept)});
  }
}

void RedisLink::ask_entries(broker::Seq from, broker::Seq upto, std::size_t count) {
  const std::uint64_t round = ++round_;
  if (context_.crowded()) {
    paced_ = [this, from, upto, count] { ask_entries(from, upto, count); };
    pace_->arm(kPace);
    return;
  }
  read_at_once({"XRANGE", context_.names.log, std::to_string(from), std::to_string(upto), "COUNT",
                std::to_string(count)},
               [this, round](const RedisReply& reply) {
                 if (round != round_) return;
                 auto entries = read_entries(reply);
                 if (!entries) return leave("reading the log: " + reply.text);
                 copy_.read(*std::move(entries));
                 tell();
               });
}

void RedisLink::ask_values() {
  const std::uint64_t round = ++round_;
  auto none = std::make_shared<RedisValues>();
  none->cursor = "0";
  ask_more_values(round, std::move(none));
}

// Each try begins at the front, with portions that come where one was lost before.
void RedisLink::ask_more_values(std::uint64_t round, std::shared_ptr<RedisValues> so_far) {
  read_at_once({"HSCAN", context_.names.latest, so_far->cursor, "COUNT",
                std::to_string(values_portion_.ask())},
               [this, round, so_far](const RedisReply& reply) {
                 if (round != round_) return;
                 auto more = read_values(reply);
                 if (!more) return leave("reading the latest: " + reply.text);
                 values_portion_.came(more->values.size(), more->bytes);
                 const bool first = so_far->cursor == "0";
                 const bool same = first || so_far->epoch == more->epoch;
                 so_far->epoch = same ? more->epoch : 0;
                 so_far->cursor = std::move(more->cursor);
                 so_far->bytes += more->bytes;
                 std::move(more->values.begin(), more->values.end(),
                           std::back_inserter(so_far->values));
                 const bool all = so_far->cursor == "0" || so_far->bytes > latest_max_;
                 if (same && !all) return ask_more_values(round, so_far);
                 copy_.values(so_far->epoch, std::move(so_far->values));
                 tell();
               });
}

/// As one with epoch and time, so that the epoch is that of what is read.
void RedisLink::read_at_once(const std::vector<std::string>& command,
                             RedisConnection::Answer answer) {
  const auto void_answer = [](const RedisReply&) {};
  commands_.ask({"MULTI"}, void_answer);
  commands_.ask({"HGET", context_.names.head, "epoch"}, void_answer);
  // EXEC says that something was wrong, not what.
  const auto refused = std::make_shared<RedisReply>();
  commands_.ask(command, [refused](const RedisReply& reply) {
    if (reply.is(RedisReply::Kind::error)) *refused = reply;
  });
  commands_.ask({"TIME"}, void_answer);
  commands_.ask({"EXEC"}, [refused, answer = std::move(answer)](const RedisReply& reply) {
    if (reply.is(RedisReply::Kind::lost)) return;
    answer(refused->is(RedisReply::Kind::error) ? *refused : reply);
  });
}

void RedisLink::ask(const std::vector<std::string>& command,
                    const RedisConnection::Answer& answer) {
  if (!send(command, answer) && answer) answer({});
}

bool RedisLink::send(const std::vector<std::string>& command, RedisConnection::Answer answer) {
  if (!ready_) return false;
  commands_.ask(command, [this, kind = RedisRefusals::kind_of(command),
                          answer = std::move(answer)](const RedisReply& reply) {
    context_.refusals.hear(kind, reply);
    if (answer) answer(reply);
  });
  return true;
}

void RedisLink::run(std::vector<std::string> words, Ran ran) {
  if (!ready_) return ran(false, {});
  words.insert(words.begin(), {"EVALSHA", script_});
  set_server(words, server_.run_id, static_cast<broker::Epoch>(1 + random_.below(UINT32_MAX)),
             context_.log.head());
  send(std::make_shared<std::vector<std::string>>(std::move(words)), false, std::move(ran));
}

void RedisLink::send(std::shared_ptr<std::vector<std::string>> command, bool again, Ran ran) {
  const base::MonoTime since = context_.loop.clock().now();
  commands_.ask(*command, [this, command, again, since, ran](const RedisReply& reply) {
    if (!again && reply.is_error("NOSCRIPT")) {  // SCRIPT FLUSH
      (*command)[0] = "EVAL";
      (*command)[1] = kPublishScript;
      return send(command, true, ran);
    }
    const base::Duration took = context_.loop.clock().now() - since;
    context_.counters.scripts.add();
    context_.counters.script_micros.add(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    ran(true, reply);
    if (reply.is_error("READONLY")) leave(reply.text);
  });
}

}  // namespace gateway::backbone
