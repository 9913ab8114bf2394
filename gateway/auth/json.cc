#include "auth/json.h"

namespace gateway::auth {

JsonPtr parse_object(std::string_view text) {
  json_error_t unused;
  JsonPtr json(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, &unused));
  return json && json_is_object(json.get()) ? std::move(json) : nullptr;
}

const json_t* member(const json_t* object, const char* name) {
  return json_object_get(object, name);
}

std::optional<std::string_view> text_member(const json_t* object, const char* name) {
  const json_t* const found = member(object, name);
  if (found == nullptr || !json_is_string(found)) return std::nullopt;
  return text_of(found);
}

std::string_view text_of(const json_t* json) {
  return {json_string_value(json), json_string_length(json)};
}

}  // namespace gateway::auth
