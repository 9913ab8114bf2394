#include "backbone/redis_message.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "base/text.h"
#include "broker/filter.h"
#include "broker/options.h"

namespace gateway::backbone {
namespace {

using Kind = RedisReply::Kind;

/// Takes what stands before `end` off the front of `rest`; nothing when there is none.
std::optional<std::string_view> take_until(std::string_view& rest, char end) {
  const std::size_t at = rest.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return taken;
}

std::optional<std::uint64_t> take_number(std::string_view& rest, char end) {
  const auto text = take_until(rest, end);
  return text ? base::parse_decimal(*text) : std::nullopt;
}

std::optional<broker::Epoch> take_epoch(std::string_view& rest, char end) {
  const auto text = take_until(rest, end);
  if (!text) return std::nullopt;
  const auto id = broker::parse_event_id(std::string(*text) + "-000000000000");
  if (!id || id->epoch == 0) return std::nullopt;
  return id->epoch;
}

std::optional<std::string_view> take_sized(std::string_view& rest) {
  const auto size = take_number(rest, ':');
  if (!size || *size > rest.size()) return std::nullopt;
  const std::string_view taken = rest.substr(0, *size);
  rest.remove_prefix(*size);
  return taken;
}

/// The gateway's own and those of EventSource's own handlers are none.
bool is_type(std::string_view type) {
  return type.size() <= broker::kNameBytesMax && base::is_utf8(type) && !base::has_control(type) &&
         !type.starts_with("boardcast.") && type != "open" && type != "error" && type != "message";
}

/// Nothing: no event that a gateway would have taken.
std::optional<broker::Draft> to_draft(std::string_view boards, std::string_view type,
                                      std::string_view kind, std::string_view data) {
  broker::Draft draft;
  for (const std::string_view board : base::split(boards, '\n')) {
    if (!broker::check_board_name(board)) return std::nullopt;
    if (std::find(draft.boards.begin(), draft.boards.end(), board) != draft.boards.end()) continue;
    draft.boards.emplace_back(board);
  }
  const bool json = kind == "json";
  if (draft.boards.empty() || draft.boards.size() > broker::kBoardsPerEventMax) return std::nullopt;
  if (!is_type(type) || (!json && kind != "text")) return std::nullopt;
  if (!base::is_utf8(data) || data.find('\0') != std::string_view::npos) return std::nullopt;
  draft.type = type;
  draft.data = data;
  draft.data_is_json = json;
  return draft;
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
  const auto seq = take_number(id, '-');
  if (!seq || *seq == 0 || *seq > broker::kSeqMax) return std::nullopt;
  return *seq;
}

}  // namespace

std::optional<RedisMessage> read_message(std::string_view text) {
  RedisMessage message;
  const auto what = take_until(text, ' ');
  if (!what || (*what != "events" && *what != "epoch")) return std::nullopt;
  const bool begins = *what == "epoch";
  const auto epoch = take_epoch(text, begins ? '\n' : ' ');
  if (!epoch) return std::nullopt;
  message.epoch = *epoch;
  if (begins) return message;
  const auto first = take_number(text, ' ');
  const auto time = take_number(text, '\n');
  if (!first || !time || *first == 0 || *first > broker::kSeqMax || text.empty()) {
    return std::nullopt;
  }
  while (!text.empty()) {
    const auto boards = take_sized(text);
    const auto type = boards ? take_sized(text) : std::nullopt;
    const auto kind = type ? take_sized(text) : std::nullopt;
    const auto data = kind ? take_sized(text) : std::nullopt;
    if (!data) return std::nullopt;
    auto draft = to_draft(*boards, *type, *kind, *data);
    if (!draft) return std::nullopt;
    const broker::Seq seq = *first + message.events.size();
    message.events.push_back({*std::move(draft), seq, static_cast<base::WallMs>(*time)});
  }
  return message;
}

std::optional<RedisEntries> read_entries(const RedisReply& reply) {
  if (!reply.is(Kind::list) || reply.list.size() != 3 || !reply.list[1].is(Kind::list) ||
      reply.list[2].list.empty()) {
    return std::nullopt;
  }
  constexpr base::WallMs kMsPerSecond = 1'000;
  const auto seconds = base::parse_decimal(reply.list[2].list[0].text);
  const base::WallMs now = static_cast<base::WallMs>(seconds.value_or(0)) * kMsPerSecond;
  RedisEntries entries;
  // No epoch: all is gone, which the next question will show.
  if (const auto id = broker::parse_event_id(reply.list[0].text + "-000000000000")) {
    entries.epoch = id->epoch;
  }
  for (const RedisReply& entry : reply.list[1].list) {
    if (entry.list.size() != 2) return std::nullopt;
    const auto seq = read_seq(entry.list[0].text);
    if (!seq || *seq <= entries.upto) return std::nullopt;
    entries.upto = *seq;
    const RedisReply& pairs = entry.list[1];
    const std::string_view data = field(pairs, "data");
    const std::string_view boards = field(pairs, "boards");
    entries.bytes += boards.size() + data.size();
    auto draft = to_draft(boards, field(pairs, "type"), field(pairs, "kind"), data);
    const auto time = base::parse_decimal(field(pairs, "time"));
    if (!draft || !time) continue;
    const auto at = static_cast<base::WallMs>(*time);
    entries.events.push_back({*std::move(draft), *seq, at,
                              std::chrono::milliseconds(std::max<base::WallMs>(now - at, 0))});
  }
  return entries;
}

}  // namespace gateway::backbone
