#include "backbone/redis_talk.h"

#include <utility>

#include "base/sized.h"
#include "base/text.h"

namespace gateway::backbone {
namespace {

using Kind = RedisReply::Kind;
using std::chrono::milliseconds;

constexpr std::size_t kNodeBytesMax = 64;

bool is_node(std::string_view node) {
  return !node.empty() && node.size() <= kNodeBytesMax && !base::has_control(node);
}

bool is_note(const HeardNote& note) {
  return !note.key.empty() && note.key.size() <= kNoteKeyBytesMax &&
         note.owner.size() <= kNoteOwnerBytesMax && note.value.size() <= kNoteBytesMax;
}

/// Of what somebody else has written, in milliseconds.
milliseconds bounded(std::uint64_t left) {
  const milliseconds most = kNoteLifeMax;
  return left < static_cast<std::uint64_t>(most.count())
             ? milliseconds(static_cast<std::int64_t>(left))
             : most;
}

std::optional<Talk> read_note(base::SizedReader& reader) {
  const std::string_view node = reader.text();
  HeardNote note;
  note.key = reader.text();
  note.owner = reader.text();
  note.value = reader.text();
  note.left = bounded(reader.number());
  note.version = reader.number();
  if (!reader.ok() || !reader.at_end() || !is_node(node) || !is_note(note)) return std::nullopt;
  return note;
}

std::optional<Talk> read_question(base::SizedReader& reader) {
  TalkQuestion talk;
  talk.node = reader.text();
  talk.number = reader.number();
  talk.text = reader.text();
  const bool right =
      reader.ok() && reader.at_end() && is_node(talk.node) && talk.text.size() <= kQuestionBytesMax;
  return right ? std::optional<Talk>(std::move(talk)) : std::nullopt;
}

std::optional<Talk> read_answer(base::SizedReader& reader) {
  TalkAnswer talk;
  talk.node = reader.text();
  talk.to = reader.text();
  talk.number = reader.number();
  talk.text = reader.text();
  const bool right =
      reader.ok() && reader.at_end() && is_node(talk.node) && talk.text.size() <= kQuestionBytesMax;
  return right ? std::optional<Talk>(std::move(talk)) : std::nullopt;
}

/// As redis_note.lua stores it. Nothing: nothing that it has stored.
std::optional<HeardNote> read_stored(const std::string& key, std::string_view stored,
                                     base::WallMs now) {
  const auto version = base::take_decimal(stored, ' ');
  const auto ends = version ? base::take_decimal(stored, ' ') : std::nullopt;
  base::SizedReader reader(stored);
  HeardNote note;
  note.key = key;
  note.owner = reader.text();
  note.value = reader.rest();
  if (!ends || !reader.ok()) return std::nullopt;
  const auto at = static_cast<std::uint64_t>(now);
  note.left = *ends > at ? bounded(*ends - at) : milliseconds(0);
  note.version = *version;
  return is_note(note) ? std::optional(std::move(note)) : std::nullopt;
}

}  // namespace

std::optional<Talk> read_talk(std::string_view text) {
  base::SizedReader reader(text);
  const std::string_view what = reader.text();
  if (what == "note") return read_note(reader);
  if (what == "ask") return read_question(reader);
  if (what == "answer") return read_answer(reader);
  return std::nullopt;
}

std::string talk_text(const TalkQuestion& question) {
  std::string text;
  base::append_sized(text, "ask");
  base::append_sized(text, question.node);
  base::append_sized(text, question.number);
  base::append_sized(text, question.text);
  return text;
}

std::string talk_text(const TalkAnswer& answer) {
  std::string text;
  base::append_sized(text, "answer");
  base::append_sized(text, answer.node);
  base::append_sized(text, answer.to);
  base::append_sized(text, answer.number);
  base::append_sized(text, answer.text);
  return text;
}

std::vector<std::string> note_words(const RedisNames& names, const std::string& self,
                                    std::size_t bytes_max, const std::vector<Note>& notes) {
  std::vector<std::string> words{"2",        names.notes, names.notes_end,
                                 names.talk, self,        std::to_string(bytes_max)};
  for (const Note& note : notes) {
    words.push_back(note.key);
    words.push_back(note.owner);
    words.emplace_back(note.takes ? "take" : "keep");
    words.push_back(note.value);
    words.push_back(std::to_string(note.lifetime.count()));
    words.push_back(std::to_string(note.version));
  }
  return words;
}

std::pair<PutResult, std::uint64_t> read_put(bool was_sent, const RedisReply& reply) {
  if (!was_sent) return {PutResult::unavailable, 0};
  if (!reply.is(Kind::list) || reply.list.size() != 1 || !reply.list[0].is(Kind::number)) {
    return {PutResult::unknown, 0};
  }
  const std::int64_t answer = reply.list[0].number;
  if (answer == 1) return {PutResult::taken, 0};
  if (answer < 0) return {PutResult::refused, 0 - static_cast<std::uint64_t>(answer)};
  return {PutResult::unknown, 0};
}

std::vector<std::string> entry_words(const RedisNames& names, const std::string& self,
                                     std::string entry) {
  return {"2",
          names.nodes,
          names.entry(self),
          self,
          std::to_string(milliseconds(kEntryLife).count()),
          std::move(entry)};
}

std::optional<StoredNotes> read_stored_notes(const RedisReply& reply, base::WallMs now) {
  if (!reply.is(Kind::list) || reply.list.size() != 2 || !reply.list[0].is(Kind::text) ||
      !reply.list[1].is(Kind::list)) {
    return std::nullopt;
  }
  StoredNotes stored;
  stored.cursor = reply.list[0].text;
  const std::vector<RedisReply>& pairs = reply.list[1].list;
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    ++stored.count;
    stored.bytes += pairs[i].text.size() + pairs[i + 1].text.size();
    if (pairs[i].text.empty()) continue;  // what the script keeps for itself
    auto note = read_stored(pairs[i].text, pairs[i + 1].text, now);
    if (!note) {
      ++stored.malformed;
    } else if (note->left.count() > 0) {
      stored.notes.push_back(*std::move(note));
    }
  }
  return stored;
}

}  // namespace gateway::backbone
