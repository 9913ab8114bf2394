// What: how nodes talk by Redis: the messages of their channel, each a row of sized texts
// (base/sized.h),
//
//   note <node> <key> <owner> <value> <milliseconds left> <version>    a note, as redis_note.lua
//   ask <node> <number> <question>                                     to all others
//   answer <node> <to node> <number> <answer>                          to one of them
//
// and the script's words and what it has stored. All of it may be written by others, so nothing in
// it is believed. Pure functions. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "backbone/nodes.h"
#include "backbone/redis_names.h"
#include "backbone/redis_reply.h"
#include "base/clock.h"

namespace gateway::backbone {

extern const char* const kNoteScript;
extern const char* const kEntryScript;

struct TalkQuestion {
  std::string node;
  std::uint64_t number = 0;
  std::string text;
};
struct TalkAnswer {
  std::string node;
  std::string to;
  std::uint64_t number = 0;
  std::string text;
};
using Talk = std::variant<HeardNote, TalkQuestion, TalkAnswer>;
/// Nothing: no message of a node.
std::optional<Talk> read_talk(std::string_view text);
std::string talk_text(const TalkQuestion& question);
std::string talk_text(const TalkAnswer& answer);

/// The words behind EVALSHA and the script's name.
std::vector<std::string> note_words(const RedisNames& names, const std::string& self,
                                    std::size_t bytes_max, const std::vector<Note>& notes);
std::pair<PutResult, std::uint64_t> read_put(bool was_sent, const RedisReply& reply);
std::vector<std::string> entry_words(const RedisNames& names, const std::string& self,
                                     std::string entry);

/// A portion of the notes, HSCAN's answer.
struct StoredNotes {
  std::string cursor;  // "0": all have been read
  std::vector<HeardNote> notes;
  std::size_t malformed = 0;
  std::size_t count = 0;  // of all that came, also of what is none or over
  std::size_t bytes = 0;
};
/// `now`: of Redis, in milliseconds. Nothing: it is none.
std::optional<StoredNotes> read_stored_notes(const RedisReply& reply, base::WallMs now);

}  // namespace gateway::backbone
