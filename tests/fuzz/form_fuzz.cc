// Publishing text and forms: a text goes out byte for byte, and what is taken from a form is the
// same when it is written as a form again.
#include "api/text_publish.h"
#include "fuzz/drafts.h"

namespace gateway::fuzz {
namespace {

/// Without the data.
std::string to_form(const broker::Draft& draft) {
  std::string out;
  for (const std::string& board : draft.boards) out += "board=" + escaped(board) + '&';
  if (!draft.key.empty()) out += "key=" + escaped(draft.key) + '&';
  return out + "event=" + escaped(draft.type);
}

void check(const api::Reading& reading) {
  if (!reading) return check_rejection(reading.error());
  BC_CHECK(reading->drafts.size() == 1 && !reading->batch);
  const broker::Draft& draft = reading->drafts.front();
  BC_CHECK(!draft.data_is_json);
  check_draft(draft);
  const std::string form = to_form(draft);
  const auto by_text = api::read_text_publication(form, draft.data);
  const auto by_form = api::read_form_publication("", form + "&data=" + escaped(draft.data));
  BC_CHECK(by_text.ok() && by_form.ok(), form);
  check_same(draft, by_text->drafts.front());
  check_same(draft, by_form->drafts.front());
}

void run(std::string_view bytes) {
  Input input(bytes);
  const std::string_view query = input.part();
  const std::string_view body = input.rest();
  const auto text = api::read_text_publication(query, body);
  check(text);
  BC_CHECK(!text || text->drafts.front().data == body, body);
  const auto form = api::read_form_publication(query, body);
  check(form);
  // With a query it is a text, whatever its type says.
  if (base::parse_form(query, query.size() + 1)->empty()) return;
  BC_CHECK(form.ok() == text.ok(), query);
  if (form) check_same(form->drafts.front(), text->drafts.front());
}

const Registration kRegistered("form", run);

}  // namespace
}  // namespace gateway::fuzz
