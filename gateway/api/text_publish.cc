#include "api/text_publish.h"

#include <algorithm>
#include <utility>

#include "api/problem.h"
#include "base/text.h"

namespace gateway::api {
namespace {

using base::Fail;
using FormFields = std::vector<base::FormField>;

/// More than an event can have boards, as repeats are dropped.
constexpr std::size_t kFieldsMax = 256;

constexpr std::string_view kQueryNames[] = {"board", "event", "key"};
constexpr std::string_view kFormNames[] = {"board", "data", "event", "key"};

/// Where the fields stand, in the words of a detail.
struct Source {
  std::string_view noun;
  std::span<const std::string_view> names;
};

bool has(const FormFields& fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(),
                     [name](const base::FormField& field) { return field.name == name; });
}

Rejection too_many_fields() {
  return {400, "More than " + std::to_string(kFieldsMax) + " fields; an event needs four."};
}

/// Adds all fields to `draft`; names outside `source.names` and repeated ones are refused.
Checked take_fields(const FormFields& fields, const Source& source, broker::Draft& draft) {
  std::vector<std::string_view> seen;
  for (const base::FormField& field : fields) {
    const std::string_view name = field.name;
    if (std::find(source.names.begin(), source.names.end(), name) == source.names.end()) {
      return unknown_name(source.noun, name, source.names);
    }
    if (name != "board" && std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return Rejection{400, "Repeated " + std::string(source.noun) + " " + in_quotes(name) + "."};
    }
    seen.push_back(name);
    Checked wrong;
    if (name == "board") wrong = add_board(draft, field.value);
    if (name == "event") wrong = set_type(draft, field.value);
    if (name == "key") wrong = set_key(draft, field.value);
    if (name == "data") wrong = set_text(draft, field.value);
    if (wrong) return wrong;
  }
  return {};
}

Reading finish(broker::Draft draft) {
  Publication publication;
  publication.drafts.push_back(std::move(draft));
  return publication;
}

Reading read_text(const FormFields& query, std::string_view body) {
  broker::Draft draft;
  auto wrong = take_fields(query, {"query parameter", kQueryNames}, draft);
  if (wrong) return Fail{std::move(*wrong)};
  if (draft.boards.empty()) {
    return Fail{Rejection{400, "No board: add ?board=NAME to the URL of a text."}};
  }
  wrong = set_text(draft, std::string(body));
  if (wrong) return Fail{std::move(*wrong)};
  return finish(std::move(draft));
}

Reading read_form(std::string_view body) {
  const auto fields = base::parse_form(body, kFieldsMax);
  if (!fields) return Fail{too_many_fields()};
  broker::Draft draft;
  auto wrong = take_fields(*fields, {"form field", kFormNames}, draft);
  if (!wrong && draft.boards.empty()) wrong = Rejection{400, "No form field \"board\"."};
  if (!wrong && !has(*fields, "data")) wrong = Rejection{400, "No form field \"data\"."};
  if (wrong) {
    wrong->detail += " To send the body as it is, add ?board=NAME to the URL.";
    return Fail{std::move(*wrong)};
  }
  return finish(std::move(draft));
}

}  // namespace

Reading read_text_publication(std::string_view query, std::string_view body) {
  const auto fields = base::parse_form(query, kFieldsMax);
  if (!fields) return Fail{too_many_fields()};
  return read_text(*fields, body);
}

Reading read_form_publication(std::string_view query, std::string_view body) {
  const auto fields = base::parse_form(query, kFieldsMax);
  if (!fields) return Fail{too_many_fields()};
  return fields->empty() ? read_form(body) : read_text(*fields, body);
}

}  // namespace gateway::api
