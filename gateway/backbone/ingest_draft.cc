#include "backbone/ingest_draft.h"

#include <optional>
#include <utility>

#include "broker/draft_check.h"

namespace gateway::backbone {
namespace {

/// What is wrong; nothing: it is fine.
using Wrong = std::optional<base::Error>;

Wrong wrong(std::string_view what, broker::DraftCheck check) {
  if (!check) return {};
  return base::Error{std::string(what) + ' ' + std::string(broker::to_string(*check))};
}

Wrong set_data(broker::Draft& draft, std::string_view data, std::size_t data_max) {
  if (data.size() > data_max) return base::Error{"the data is larger than redis.ingest_bytes"};
  return wrong("the data", broker::put_data(draft, std::string(data)));
}

Wrong set_field(broker::Draft& draft, std::string_view name, std::string_view value,
                std::size_t data_max) {
  if (name == "board") return wrong("the board", broker::put_board(draft, value));
  if (name == "data") return set_data(draft, value, data_max);
  if (name == "event") return wrong("the event's type", broker::put_type(draft, value));
  if (name == "key") return wrong("the key", broker::put_key(draft, value));
  return base::Error{"there is a field that is none of board, data, event and key"};
}

base::Result<broker::Draft> read_fields(const RedisReply& pairs, std::size_t data_max) {
  broker::Draft draft;
  bool has_data = false;
  for (std::size_t i = 0; i + 1 < pairs.list.size(); i += 2) {
    const std::string& name = pairs.list[i].text;
    has_data = has_data || name == "data";
    if (Wrong error = set_field(draft, name, pairs.list[i + 1].text, data_max)) {
      return base::Fail{*std::move(error)};
    }
  }
  if (draft.boards.empty()) return base::Fail{base::Error{"there is no board"}};
  if (!has_data) return base::Fail{base::Error{"there is no data"}};
  return draft;
}

}  // namespace

base::Result<broker::Draft> read_inbox_message(std::string_view channels, std::string_view channel,
                                               std::string_view data, std::size_t data_max) {
  if (!channel.starts_with(channels)) {
    return base::Fail{base::Error{"the channel is none that was asked for"}};
  }
  broker::Draft draft;
  Wrong error = wrong("the board", broker::put_board(draft, channel.substr(channels.size())));
  if (!error) error = set_data(draft, data, data_max);
  if (error) return base::Fail{*std::move(error)};
  return draft;
}

std::vector<InboxEntry> read_inbox_entries(const RedisReply& entries, std::size_t data_max) {
  std::vector<InboxEntry> read;
  for (const RedisReply& entry : entries.list) {
    if (entry.list.size() != 2) continue;
    std::size_t bytes = 0;
    for (const RedisReply& text : entry.list[1].list) bytes += text.text.size();
    read.push_back({entry.list[0].text, read_fields(entry.list[1], data_max), bytes});
  }
  return read;
}

}  // namespace gateway::backbone
