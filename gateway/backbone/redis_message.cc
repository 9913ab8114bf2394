#include "backbone/redis_message.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "base/sized.h"
#include "base/text.h"
#include "broker/draft_check.h"
#include "broker/options.h"

namespace gateway::backbone {
namespace {

using Kind = RedisReply::Kind;

/// Milliseconds since 1970 that can be reckoned with; far beyond it only forgers are.
constexpr std::uint64_t kTimeMax = std::uint64_t{1} << 53;

/// Nothing: no event that a gateway would have taken.
std::optional<broker::Draft> to_draft(std::string_view boards, std::string_view type,
                                      std::string_view kind, std::string_view data) {
  // Repeats count: with any number of them, looking for each would take as long as somebody likes.
  const auto separators = static_cast<std::size_t>(std::count(boards.begin(), boards.end(), '\n'));
  if (separators >= broker::kBoardsPerEventMax) return std::nullopt;
  broker::Draft draft;
  for (const std::string_view board : base::split(boards, '\n')) {
    if (broker::put_board(draft, board)) return std::nullopt;
  }
  const bool json = kind == "json";
  if (!json && kind != "text") return std::nullopt;
  if (broker::put_type(draft, type) || broker::put_data(draft, std::string(data))) {
    return std::nullopt;
  }
  draft.data_is_json = json;
  return draft;
}

/// The four sized texts of one event.
std::optional<broker::Draft> take_draft(base::SizedReader& reader) {
  const std::string_view boards = reader.text();
  const std::string_view type = reader.text();
  const std::string_view kind = reader.text();
  const std::string_view data = reader.text();
  return reader.ok() ? to_draft(boards, type, kind, data) : std::nullopt;
}

/// Of an EXEC's answer [epoch, list, TIME].
struct Transaction {
  broker::Epoch epoch = 0;  // 0: all is gone, which the next question will show
  const std::vector<RedisReply>* list = nullptr;
  base::WallMs now = 0;
};
std::optional<Transaction> read_transaction(const RedisReply& reply) {
  if (!reply.is(Kind::list) || reply.list.size() != 3 || !reply.list[1].is(Kind::list)) {
    return std::nullopt;
  }
  const auto now = read_time(reply.list[2]);
  if (!now) return std::nullopt;
  const auto epoch = broker::parse_epoch(reply.list[0].text);
  return Transaction{epoch.value_or(0), &reply.list[1].list, *now};
}

/// The history reckons in smaller numbers than forgers do; nothing that it keeps is older.
std::chrono::milliseconds age_of(base::WallMs at, base::WallMs now) {
  constexpr std::chrono::milliseconds kAgeMax = std::chrono::hours(24 * 365);
  return std::clamp(std::chrono::milliseconds(now - at), std::chrono::milliseconds(0), kAgeMax);
}

/// The value of this field; entries have pairs of names and values.
std::string_view field(const RedisReply& pairs, std::string_view name) {
  for (std::size_t i = 0; i + 1 < pairs.list.size(); i += 2) {
    if (pairs.list[i].text == name) return pairs.list[i + 1].text;
  }
  return {};
}

/// Of "<seq>-0".
std::optional<broker::Seq> read_seq(std::string_view id) {
  const auto seq = base::take_decimal(id, '-');
  if (!seq || *seq == 0 || *seq > broker::kSeqMax) return std::nullopt;
  return *seq;
}

}  // namespace

std::optional<RedisMessage> read_message(std::string_view text) {
  RedisMessage message;
  const auto what = base::take_until(text, ' ');
  if (!what || (*what != "events" && *what != "epoch")) return std::nullopt;
  const bool begins = *what == "epoch";
  const auto of = base::take_until(text, begins ? '\n' : ' ');
  const auto epoch = of ? broker::parse_epoch(*of) : std::nullopt;
  if (!epoch) return std::nullopt;
  message.epoch = *epoch;
  if (begins) return message;
  const auto first = base::take_decimal(text, ' ');
  const auto time = base::take_decimal(text, '\n');
  if (!first || !time || *first == 0 || *first > broker::kSeqMax || text.empty()) {
    return std::nullopt;
  }
  for (base::SizedReader reader(text); !reader.at_end();) {
    auto draft = take_draft(reader);
    if (!draft) return std::nullopt;
    const broker::Seq seq = *first + message.events.size();
    if (seq > broker::kSeqMax) return std::nullopt;
    message.events.push_back(
        {*std::move(draft), seq, static_cast<base::WallMs>(std::min(*time, kTimeMax))});
  }
  return message;
}

std::optional<RedisEntries> read_entries(const RedisReply& reply) {
  const auto read = read_transaction(reply);
  if (!read) return std::nullopt;
  RedisEntries entries;
  entries.epoch = read->epoch;
  for (const RedisReply& entry : *read->list) {
    if (entry.list.size() != 2) return std::nullopt;
    const auto seq = read_seq(entry.list[0].text);
    if (!seq || *seq <= entries.upto) return std::nullopt;
    if (entries.first == 0) entries.first = *seq;
    entries.upto = *seq;
    const RedisReply& pairs = entry.list[1];
    const std::string_view data = field(pairs, "data");
    const std::string_view boards = field(pairs, "boards");
    entries.bytes += boards.size() + data.size();
    auto draft = to_draft(boards, field(pairs, "type"), field(pairs, "kind"), data);
    const auto time = base::parse_decimal(field(pairs, "time"));
    // What no gateway has written keeps its place, and nothing is there.
    const base::WallMs at = time ? static_cast<base::WallMs>(std::min(*time, kTimeMax)) : 0;
    if (!draft || !time) draft.emplace();
    entries.events.push_back({*std::move(draft), *seq, at, age_of(at, read->now)});
  }
  return entries;
}

std::optional<RedisValues> read_values(const RedisReply& reply) {
  const auto read = read_transaction(reply);
  if (!read || read->list->size() != 2 || !(*read->list)[1].is(Kind::list)) return std::nullopt;
  RedisValues values;
  values.epoch = read->epoch;
  values.cursor = (*read->list)[0].text;
  const std::vector<RedisReply>& pairs = (*read->list)[1].list;
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    values.bytes += pairs[i].text.size() + pairs[i + 1].text.size();
    std::string_view rest = pairs[i + 1].text;
    const auto seq = base::take_decimal(rest, ' ');
    const auto time = seq ? base::take_decimal(rest, '\n') : std::nullopt;
    base::SizedReader reader(rest);
    auto draft = time ? take_draft(reader) : std::nullopt;
    if (!draft || *seq == 0 || *seq > broker::kSeqMax) continue;
    const auto at = static_cast<base::WallMs>(std::min(*time, kTimeMax));
    values.values.push_back({pairs[i].text, {*std::move(draft), *seq, at, age_of(at, read->now)}});
  }
  return values;
}

}  // namespace gateway::backbone
