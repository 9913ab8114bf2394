// What Redis says, whose keys and channels others may write, as may whoever is between: any message
// and any answer is none, or is what a gateway could have written, with numbers that can be
// reckoned with and a form of its own in the stream.
#include <algorithm>

#include "backbone/ingest_draft.h"
#include "backbone/redis_message.h"
#include "backbone/redis_script.h"
#include "backbone/redis_talk.h"
#include "broker/sse.h"
#include "fuzz/drafts.h"
#include "fuzz/redis_replies.h"
#include "support/sse_parser.h"

namespace gateway::fuzz {
namespace {

using backbone::RedisReply;
using Placed = broker::Log::Placed;

/// Nobody looked into its JSON.
void check_event(const Placed& event) {
  constexpr auto kAgeMax = std::chrono::hours(24 * 366);
  const broker::Draft& draft = event.draft;
  BC_CHECK(event.seq > 0 && event.seq <= broker::kSeqMax, event.seq);
  BC_CHECK(event.time >= 0 && event.time <= base::WallMs{1} << 53, event.time);
  BC_CHECK(event.age >= base::Duration(0) && event.age < kAgeMax, event.age.count());
  BC_CHECK(draft.boards.size() <= broker::kBoardsPerEventMax && draft.key.empty());
  if (draft.boards.empty()) return;
  for (const std::string& board : draft.boards) BC_CHECK(broker::check_board_name(board).ok());
  BC_CHECK(draft.type.size() <= broker::kNameBytesMax && !draft.type.starts_with("boardcast."));
  BC_CHECK(!base::has_control(draft.type) && !base::has_c1_control(draft.type), draft.type);
  const broker::EventId id{1, event.seq};
  test::SseParser parser;
  const std::string blocks = broker::sse::encode_plain(draft, id) +
                             broker::sse::encode_json(draft, id, event.time, draft.boards.front());
  const auto events = parser.feed(blocks);
  BC_CHECK(events.size() == 2 && parser.unknown_fields().empty(), blocks);
  BC_CHECK(events[0].type == (draft.type.empty() ? "message" : draft.type), blocks);
  for (const auto& one : events) BC_CHECK(one.last_event_id == to_string(id), blocks);
}

/// As the script would publish these.
std::string to_message(const backbone::RedisMessage& message) {
  const std::string epoch = broker::epoch_text(message.epoch);
  if (message.events.empty()) return "epoch " + epoch + '\n';
  const Placed& first = message.events.front();
  std::string text =
      "events " + epoch + ' ' + std::to_string(first.seq) + ' ' + std::to_string(first.time) + '\n';
  for (const Placed& event : message.events) {
    std::string boards;
    for (const std::string& board : event.draft.boards) boards += '\n' + board;
    for (const std::string& part :
         {boards.substr(1), event.draft.type,
          std::string(event.draft.data_is_json ? "json" : "text"), event.draft.data}) {
      text += std::to_string(part.size()) + ':' + part;
    }
  }
  return text;
}

void check_message(std::string_view text) {
  const auto message = backbone::read_message(text);
  if (!message) return;
  BC_CHECK(message->epoch != 0);
  for (std::size_t i = 0; i < message->events.size(); ++i) {
    const Placed& event = message->events[i];
    check_event(event);
    BC_CHECK(!event.draft.boards.empty() && event.seq == message->events[0].seq + i, event.seq);
    BC_CHECK(event.time == message->events[0].time, event.time);
  }
  const std::string written = to_message(*message);
  const auto again = backbone::read_message(written);
  BC_CHECK(again && again->epoch == message->epoch && to_message(*again) == written, written);
}

void check_entries(const RedisReply& reply) {
  const auto entries = backbone::read_entries(reply);
  if (!entries) return;
  broker::Seq before = 0;
  for (const Placed& event : entries->events) {
    check_event(event);
    BC_CHECK(event.seq > before, event.seq, before);
    before = event.seq;
  }
  BC_CHECK(entries->upto == before, entries->upto, before);
  BC_CHECK(entries->first == (before == 0 ? 0 : entries->events[0].seq), entries->first);
}

void check_values(const RedisReply& reply) {
  const auto values = backbone::read_values(reply);
  if (!values) return;
  for (const broker::Log::Value& value : values->values) {
    check_event(value.event);
    BC_CHECK(!value.event.draft.boards.empty());
  }
}

void check_script(const RedisReply& reply) {
  constexpr std::size_t kStandingParts = 5;
  const std::size_t events = std::max(reply.list.size(), kStandingParts) - kStandingParts;
  BC_CHECK(!backbone::read_script_answer(reply, events + 1));
  if (const auto answer = backbone::read_script_answer(reply, events)) {
    const backbone::Standing& at = answer->standing;
    BC_CHECK(at.epoch != 0 && at.seq < broker::kSeqMax && at.now >= 0, at.seq, at.now);
    BC_CHECK(at.first >= 1 && at.first <= at.seq + 1, at.first, at.seq);
    BC_CHECK(answer->published.ids.size() == events && answer->published.repeated <= events);
  }
  if (const auto answer = backbone::read_script_answer(reply, 0)) {
    for (const char* here : {"1 2 3 4 5\n", ""}) {
      BC_CHECK(backbone::keep_difference(here, answer->kept).size() < 512);
    }
  }
  backbone::publish_error(reply);
  backbone::info_field(reply.text, "run_id");
  backbone::read_put(true, reply);
}

constexpr std::size_t kInboxBytes = 64;

void check_inbox(const base::Result<broker::Draft>& read) {
  if (!read) return check_sentence(read.error().message);
  check_draft(*read);
  BC_CHECK(read->data.size() <= kInboxBytes && !read->data_is_json);
}

void check_notes(const RedisReply& reply) {
  const auto time = backbone::read_time(reply);
  const auto stored = backbone::read_stored_notes(reply, time.value_or(1000));
  if (!stored) return;
  for (const backbone::HeardNote& note : stored->notes) {
    BC_CHECK(!note.key.empty() && note.key.size() <= backbone::kNoteKeyBytesMax);
    BC_CHECK(note.value.size() <= backbone::kNoteBytesMax, note.value.size());
    BC_CHECK(note.left.count() > 0 && note.left <= backbone::kNoteLifeMax, note.left.count());
  }
}

void run(std::string_view bytes) {
  Input input(bytes);
  const RedisReply reply = take_reply(input);
  check_entries(reply);
  check_values(reply);
  check_script(reply);
  check_notes(reply);
  for (const auto& entry : backbone::read_inbox_entries(reply, kInboxBytes)) {
    check_inbox(entry.draft);
  }
  const std::string_view channel = input.part();
  const std::string_view text = input.rest();
  check_inbox(backbone::read_inbox_message("p:in:", channel, text, kInboxBytes));
  check_message(text);
}

const Registration kRegistered("redis", run);

}  // namespace
}  // namespace gateway::fuzz
