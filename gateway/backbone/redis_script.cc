#include "backbone/redis_script.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "base/text.h"

namespace gateway::backbone {
namespace {

using Kind = RedisReply::Kind;

constexpr std::size_t kKeysFixed = 4;
constexpr std::size_t kWords = 6;  // in front of those of events
constexpr std::size_t kEventWords = 5;
/// "EVALSHA", the script's name, the number of keys.
constexpr std::size_t kFront = 3;
constexpr std::size_t kStandingParts = 5;  // with the number of events that were there

/// Errors that come before anything is written.
constexpr std::string_view kNothingDone[] = {"NOSCRIPT",    "LOADING", "BUSY",       "READONLY",
                                             "OOM",         "MISCONF", "NOREPLICAS", "MASTERDOWN",
                                             "CLUSTERDOWN", "FENCED",  "TOOLARGE",   "NOAUTH",
                                             "MOVED",       "ASK",     "TRYAGAIN"};

std::string joined(const std::vector<std::string>& boards) {
  std::string text;
  for (const std::string& board : boards) text += (text.empty() ? "" : "\n") + board;
  return text;
}

std::optional<broker::Epoch> read_epoch(const RedisReply& reply) {
  return reply.is(Kind::text) ? broker::parse_epoch(reply.text) : std::nullopt;
}

}  // namespace

std::string keep_word(const RedisKeeping& keeping, const broker::HistoryOptions& history) {
  std::string word = std::to_string(keeping.events) + ' ' + std::to_string(keeping.bytes) + ' ' +
                     std::to_string(keeping.age.count()) + ' ' +
                     std::to_string(keeping.window.count()) + ' ' +
                     std::to_string(keeping.latest_bytes) + '\n';
  std::string rules;
  const auto add = [&](const std::string& match, broker::Deliver deliver) {
    const bool latest = deliver == broker::Deliver::latest;
    rules += (latest ? '+' : '-') + match + '\n';
    if (latest) word += std::exchange(rules, {});  // what would follow the last one says nothing
  };
  for (const broker::BoardRule& rule : history.rules) add(rule.match, rule.history.deliver);
  add("*", history.board.deliver);
  return word;
}

std::string keep_hint(const std::string& word) { return '?' + word; }

std::string keep_difference(const std::string& here, const std::string& there) {
  constexpr const char* kNames[] = {"redis.events", "redis.bytes", "redis.age (ms)",
                                    "publish.dedupe_window (ms)", "redis.latest_bytes"};
  const auto line_of = [](const std::string& word) {
    return base::split(std::string_view(word).substr(0, word.find('\n')), ' ');
  };
  if (here == there) return {};
  const auto ours = line_of(here);
  const auto theirs = line_of(there);
  if (ours.size() != std::size(kNames) || theirs.size() != ours.size() ||
      there.find('\n') == std::string::npos) {
    return "all of it";
  }
  std::string text;
  const auto add = [&text](const std::string& one) { text += (text.empty() ? "" : "; ") + one; };
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const auto a = base::parse_decimal(ours[i]);
    const auto b = base::parse_decimal(theirs[i]);
    if (!a || !b) return "all of it";
    if (*a == *b) continue;
    add(std::string(kNames[i]) + ": " + std::to_string(*a) + " here, " + std::to_string(*b) +
        " there");
  }
  if (here.substr(here.find('\n')) != there.substr(there.find('\n'))) {
    add("which boards deliver their latest");
  }
  return text;
}

std::vector<std::string> script_words(const RedisNames& names, const std::string& keep,
                                      std::vector<broker::Draft> batch, const std::string& lease) {
  std::vector<std::string> keys{names.head, names.log, names.latest, names.lease};
  std::vector<std::string> words{"", "", names.channel, keep, lease, ""};
  words.reserve(words.size() + kEventWords * batch.size());
  for (broker::Draft& draft : batch) {
    const bool has_key = !draft.key.empty();
    if (has_key) keys.push_back(names.key(draft.key));
    words.push_back(joined(draft.boards));
    words.push_back(std::move(draft.type));
    words.emplace_back(draft.data_is_json ? "json" : "text");
    words.push_back(std::move(draft.data));
    words.emplace_back(has_key ? "1" : "");
  }
  std::vector<std::string> all{std::to_string(keys.size())};
  all.reserve(1 + keys.size() + words.size());
  std::move(keys.begin(), keys.end(), std::back_inserter(all));
  std::move(words.begin(), words.end(), std::back_inserter(all));
  return all;
}

void set_server(std::vector<std::string>& command, const std::string& run_id, broker::Epoch epoch,
                broker::EventId known) {
  const auto keys = base::parse_decimal(command[kFront - 1]);
  BC_CHECK(keys && *keys >= kKeysFixed && command.size() >= kFront + *keys + kWords,
           command.size());
  const auto words = command.begin() + static_cast<std::ptrdiff_t>(kFront + *keys);
  words[0] = run_id;
  words[1] = broker::epoch_text(epoch);
  words[kWords - 1] = known.epoch == 0 ? std::string() : broker::to_string(known);
}

std::optional<ScriptAnswer> read_script_answer(const RedisReply& reply, std::size_t events) {
  const std::size_t behind = events == 0 ? 1 : events;  // what is kept, or ids
  if (!reply.is(Kind::list) || reply.list.size() != kStandingParts + behind) return std::nullopt;
  const std::vector<RedisReply>& parts = reply.list;
  const auto epoch = read_epoch(parts[0]);
  if (!epoch) return std::nullopt;
  for (std::size_t i = 1; i < kStandingParts; ++i) {
    if (!parts[i].is(Kind::number) || parts[i].number < 0) return std::nullopt;
  }
  ScriptAnswer answer;
  answer.standing = {*epoch, static_cast<broker::Seq>(parts[1].number),
                     static_cast<broker::Seq>(parts[3].number), parts[2].number};
  const Standing& at = answer.standing;
  if (at.seq >= broker::kSeqMax || at.first < 1 || at.first > at.seq + 1) return std::nullopt;
  answer.published.repeated = static_cast<std::size_t>(parts[4].number);
  if (events == 0) {
    if (!parts.back().is(Kind::text)) return std::nullopt;
    answer.kept = parts.back().text;
  }
  for (std::size_t i = kStandingParts; i < kStandingParts + events; ++i) {
    const auto id = broker::parse_event_id(parts[i].text);
    if (!parts[i].is(Kind::text) || !id) return std::nullopt;
    answer.published.ids.push_back(*id);
  }
  if (answer.published.repeated > events) return std::nullopt;
  return answer;
}

PublishError publish_error(const RedisReply& reply) {
  if (reply.is_error("CONFLICT")) {
    const std::string_view text = reply.text;
    const auto index = base::parse_decimal(text.substr(text.find(' ') + 1));
    return {PublishError::conflict, static_cast<std::size_t>(index.value_or(0))};
  }
  const bool nothing =
      std::any_of(std::begin(kNothingDone), std::end(kNothingDone),
                  [&reply](std::string_view code) { return reply.is_error(code); });
  return {nothing ? PublishError::unavailable : PublishError::unknown, 0};
}

std::string_view info_field(std::string_view info, std::string_view name) {
  for (std::string_view line : base::split(info, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) {
      return line.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace gateway::backbone
