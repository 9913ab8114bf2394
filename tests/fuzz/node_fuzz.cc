// What nodes tell each other, which anybody may have written who can write to Redis: what is taken
// is what a node could have written, and reads the same when it is written again.
#include <string>
#include <variant>

#include "api/name_note.h"
#include "api/node_entry.h"
#include "api/node_talk.h"
#include "backbone/redis_talk.h"
#include "broker/filter.h"
#include "fuzz/fuzz.h"

namespace gateway::fuzz {
namespace {

std::string text_of(const api::NodeQuestion& question) {
  return std::visit([](const auto& of) { return api::question_text(of); }, question);
}

void check_question(std::string_view text) {
  const auto question = api::read_question(text);
  if (!question) return;
  const std::string written = text_of(*question);
  const auto again = api::read_question(written);
  BC_CHECK(again && text_of(*again) == written, written);
}

void check_answer(std::string_view text) {
  const auto answer = api::read_answer(text);
  if (!answer) return;
  for (const http::Field& field : answer->fields) BC_CHECK(!base::has_control(field.value));
  const auto again = api::read_answer(api::answer_text(*answer));
  BC_CHECK(again && again->status == answer->status && again->body == answer->body);
}

void check_entry(std::string_view text) {
  const auto view = api::read_entry({"n", std::string(text)});
  if (!view) return;
  const auto again = api::read_entry({"n", api::entry_text({view->counts})});
  BC_CHECK(again && again->counts.streams == view->counts.streams);
}

void run(std::string_view text) {
  check_question(text);
  check_answer(text);
  check_entry(text);
  if (const auto boards = api::read_boards(text)) {
    BC_CHECK(broker::Filter::compile(*boards, {})->names() == *boards);
  }
  if (const auto talk = backbone::read_talk(text)) {
    if (const auto* const note = std::get_if<backbone::HeardNote>(&*talk)) {
      BC_CHECK(!note->key.empty() && note->left <= backbone::kNoteLifeMax);
    }
  }
}

const Registration kRegistered("node", run);

}  // namespace
}  // namespace gateway::fuzz
