#include "backbone/ingest_draft.h"

#include <algorithm>
#include <utility>

#include "backbone/options.h"
#include "base/text.h"
#include "broker/filter.h"
#include "broker/options.h"

namespace gateway::backbone {
namespace {

using Kind = RedisReply::Kind;
/// What is wrong; nullptr: nothing.
using Wrong = const char*;

bool is_plain(std::string_view text) {
  return base::is_utf8(text) && !base::has_control(text) && !base::has_c1_control(text);
}

Wrong add_board(broker::Draft& draft, std::string_view name) {
  if (!broker::check_board_name(name)) return "the board's name is none";
  if (std::find(draft.boards.begin(), draft.boards.end(), name) != draft.boards.end()) {
    return nullptr;
  }
  if (draft.boards.size() == broker::kBoardsPerEventMax) return "there are too many boards";
  draft.boards.emplace_back(name);
  return nullptr;
}

Wrong set_data(broker::Draft& draft, std::string_view data, std::size_t data_max) {
  if (data.size() > data_max) return "the data is larger than redis.ingest_bytes";
  if (!base::is_utf8(data)) return "the data is not valid UTF-8";
  if (data.find('\0') != std::string_view::npos) return "the data has a NUL character in it";
  draft.data = data;
  return nullptr;
}

Wrong set_type(broker::Draft& draft, std::string_view type) {
  if (type.size() > broker::kNameBytesMax || !is_plain(type)) return "the event's type is none";
  if (type == "open" || type == "error" || type.starts_with("boardcast.")) {
    return "the event's type is not for publishers";
  }
  draft.type = type == "message" ? std::string_view() : type;
  return nullptr;
}

Wrong set_key(broker::Draft& draft, std::string_view key) {
  if (key.empty() || key.size() > kKeyBytesMax || !is_plain(key)) return "the key is none";
  draft.key = key;
  return nullptr;
}

Wrong set_field(broker::Draft& draft, std::string_view name, std::string_view value,
                std::size_t data_max) {
  if (name == "board") return add_board(draft, value);
  if (name == "data") return set_data(draft, value, data_max);
  if (name == "event") return set_type(draft, value);
  if (name == "key") return set_key(draft, value);
  return "there is a field that is none of board, data, event and key";
}

base::Result<broker::Draft> read_fields(const RedisReply& pairs, std::size_t data_max) {
  broker::Draft draft;
  bool has_data = false;
  for (std::size_t i = 0; i + 1 < pairs.list.size(); i += 2) {
    const std::string& name = pairs.list[i].text;
    has_data = has_data || name == "data";
    if (Wrong wrong = set_field(draft, name, pairs.list[i + 1].text, data_max)) {
      return base::Fail{base::Error{wrong}};
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
  Wrong wrong = add_board(draft, channel.substr(channels.size()));
  if (wrong == nullptr) wrong = set_data(draft, data, data_max);
  if (wrong != nullptr) return base::Fail{base::Error{wrong}};
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
