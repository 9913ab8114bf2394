#include "api/stream_list.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "api/stream_body.h"

namespace gateway::api {
namespace {

using std::chrono::seconds;
using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

struct Candidate {
  StreamRank rank;
  const StreamBody* stream = nullptr;
};

StreamRank rank_of(const StreamBody& stream, StreamSelection::Sort sort,
                   const StreamMoment& moment) {
  const broker::Subscription& subscription = *stream.subscription();
  switch (sort) {
    case StreamSelection::Sort::age:
      return {static_cast<std::uint64_t>((moment.now - stream.opened_at()).count()), 0,
              stream.id()};
    case StreamSelection::Sort::boards:
      return {subscription.filter().names().size(), 0, stream.id()};
    case StreamSelection::Sort::lag:
      break;
  }
  const StreamLag lag = lag_of(subscription, moment);
  return {lag.events, lag.bytes.value_or(0), stream.id()};
}

seconds blocked_for(const broker::Subscription& subscription, base::MonoTime now) {
  if (subscription.pending() == 0) return seconds(0);
  return std::chrono::duration_cast<seconds>(now - subscription.active_at());
}

StreamState state_of(const broker::Subscription& subscription, seconds blocked) {
  if (subscription.ended() != broker::EndReason::none) return StreamState::ending;
  if (blocked >= kStalledAfter) return StreamState::stalled;
  return subscription.live() ? StreamState::live : StreamState::catching_up;
}

StreamRow row_of(const Candidate& candidate, const StreamMoment& moment) {
  const StreamBody& stream = *candidate.stream;
  const broker::Subscription& subscription = *stream.subscription();
  const std::vector<std::string>& names = subscription.filter().names();
  const std::size_t shown = std::min(names.size(), StreamRow::kBoardsMax);
  const seconds blocked = blocked_for(subscription, moment.now);
  return {.rank = candidate.rank,
          .subject = std::string(stream.subject()),
          .peer = stream.peer().address,
          .connection = stream.peer().connection_id,
          .protocol = stream.peer().protocol,
          .boards = {names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown)},
          .more_boards = names.size() - shown,
          .format = subscription.format(),
          .state = state_of(subscription, blocked),
          .lag = lag_of(subscription, moment),
          .position = subscription.position(),
          .age = std::chrono::duration_cast<seconds>(moment.now - stream.opened_at()),
          .blocked = blocked};
}

void write_key(JsonWriter& writer, std::string_view key) {
  writer.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
}

void write_text(JsonWriter& writer, std::string_view key, std::string_view value) {
  write_key(writer, key);
  writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

void write_number(JsonWriter& writer, std::string_view key, std::uint64_t value) {
  write_key(writer, key);
  writer.Uint64(value);
}

void write_boards(JsonWriter& writer, const StreamRow& row) {
  write_key(writer, "boards");
  writer.StartArray();
  for (const std::string& board : row.boards) {
    writer.String(board.data(), static_cast<rapidjson::SizeType>(board.size()));
  }
  writer.EndArray();
  if (row.more_boards > 0) write_number(writer, "more", row.more_boards);
}

void write_row(JsonWriter& writer, const StreamRow& row) {
  static constexpr std::string_view kStates[] = {"live", "catching_up", "stalled", "ending"};
  writer.StartObject();
  write_text(writer, "id", to_string(row.rank.id));
  if (!row.subject.empty()) write_text(writer, "subject", row.subject);
  write_text(writer, "peer", row.peer);
  write_text(writer, "protocol", http::to_string(row.protocol));
  write_text(writer, "connection", row.connection);
  write_boards(writer, row);
  write_text(writer, "format", row.format == broker::Format::json ? "json" : "plain");
  write_text(writer, "state", kStates[static_cast<std::size_t>(row.state)]);
  write_key(writer, "lag");
  writer.StartObject();
  write_number(writer, "events", row.lag.events);
  if (row.lag.bytes) write_number(writer, "bytes", *row.lag.bytes);
  writer.EndObject();
  write_text(writer, "position", broker::to_string(row.position));
  write_number(writer, "age", static_cast<std::uint64_t>(row.age.count()));
  write_number(writer, "blocked", static_cast<std::uint64_t>(row.blocked.count()));
  writer.EndObject();
}

}  // namespace

StreamLag lag_of(const broker::Subscription& subscription, const StreamMoment& moment) {
  StreamLag lag{0, 0};
  for (std::size_t i = 0; i < subscription.pending(); ++i) {
    const broker::Block& block = *subscription.waiting(i);
    if (block.is_event()) ++lag.events;
    *lag.bytes += block.text().size();
  }
  if (subscription.live()) return lag;
  const broker::Seq position = std::min(subscription.position().seq, moment.head);
  lag.events += std::min<std::uint64_t>(moment.head - position, moment.held);
  lag.bytes.reset();
  return lag;
}

StreamList first_streams(const StreamTable& table, const StreamSelection& selection,
                         const StreamMoment& moment) {
  const auto greater = [](const Candidate& a, const Candidate& b) { return a.rank > b.rank; };
  std::vector<Candidate> first;  // a heap, the least of them in front
  table.each([&](const StreamBody& stream) {
    const Candidate candidate{rank_of(stream, selection.sort, moment), &stream};
    if (first.size() == selection.limit) {
      if (!greater(candidate, first.front())) return;
      std::pop_heap(first.begin(), first.end(), greater);
      first.pop_back();
    }
    first.push_back(candidate);
    std::push_heap(first.begin(), first.end(), greater);
  });
  StreamList list{{}, table.size()};
  for (const Candidate& candidate : first) list.rows.push_back(row_of(candidate, moment));
  return list;
}

std::string streams_json(std::vector<StreamList> lists, const StreamSelection& selection) {
  std::uint64_t total = 0;
  std::vector<const StreamRow*> rows;
  for (const StreamList& list : lists) {
    total += list.total;
    for (const StreamRow& row : list.rows) rows.push_back(&row);
  }
  std::sort(rows.begin(), rows.end(),
            [](const StreamRow* a, const StreamRow* b) { return a->rank > b->rank; });
  if (rows.size() > selection.limit) rows.resize(selection.limit);

  rapidjson::StringBuffer text;
  JsonWriter writer(text);
  writer.StartObject();
  write_key(writer, "streams");
  writer.StartArray();
  for (const StreamRow* row : rows) write_row(writer, *row);
  writer.EndArray();
  write_number(writer, "total", total);
  write_key(writer, "truncated");
  writer.Bool(rows.size() < total);
  writer.EndObject();
  return text.GetString();
}

}  // namespace gateway::api
