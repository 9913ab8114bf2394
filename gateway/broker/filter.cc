#include "broker/filter.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <functional>
#include <optional>

#include "base/check.h"
#include "base/text.h"
#include "broker/options.h"

namespace gateway::broker {
namespace {

constexpr std::string_view kUntyped = "message";

/// What boards, prefixes and types have in common; they may differ in length and asterisks.
std::optional<NameError> check_text(std::string_view text) {
  if (!base::is_utf8(text)) return NameError::not_utf8;
  if (base::has_any_control(text)) return NameError::control_character;
  return std::nullopt;
}

std::optional<NameError> check_name_or_pattern(std::string_view name) {
  if (name.size() > kNameBytesMax) return NameError::too_long;
  const std::string_view rest = is_pattern(name) ? prefix_of(name) : name;
  if (const auto error = check_text(rest)) return error;
  if (rest.find('*') != std::string_view::npos) return NameError::asterisk;
  return std::nullopt;
}

/// In quotes, as JSON would write it; what is not UTF-8 byte by byte. Cut when long.
std::string shown(std::string_view name) {
  constexpr std::size_t kShownMax = 64;
  static constexpr char kHex[] = "0123456789abcdef";
  if (name.size() <= kShownMax && base::is_utf8(name) && !base::has_c1_control(name)) {
    return base::json_string(name);
  }
  std::string text;
  for (const char c : name.substr(0, kShownMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      text += c;
    } else {
      text += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return '"' + text + (name.size() > kShownMax ? "…\"" : "\"");
}

base::Fail<base::Error> refuse(std::string_view what, std::string_view name, NameError error) {
  return {base::Error{std::string(what) + ' ' + shown(name) + ' ' + std::string(to_string(error)) +
                      '.'}};
}

/// The texts that are not empty, each once, in their order. A flat table of those seen before: a
/// node for each would be half of what reading a long list costs.
std::vector<std::string> distinct(const std::vector<std::string>& texts) {
  std::vector<std::string> kept;
  kept.reserve(texts.size());
  std::vector<std::size_t> places(std::bit_ceil(2 * texts.size() + 1));  // in `kept`, from 1 on
  for (const std::string& text : texts) {
    std::size_t at = std::hash<std::string>()(text) & (places.size() - 1);
    while (places[at] != 0 && kept[places[at] - 1] != text) at = (at + 1) & (places.size() - 1);
    if (text.empty() || places[at] != 0) continue;
    kept.push_back(text);
    places[at] = kept.size();
  }
  kept.shrink_to_fit();
  return kept;
}

}  // namespace

std::string_view to_string(NameError error) {
  switch (error) {
    case NameError::empty:
      return "is empty";
    case NameError::too_long:
      return "is longer than 256 bytes";
    case NameError::not_utf8:
      return "is not valid UTF-8";
    case NameError::control_character:
      return "contains a control character";
    case NameError::asterisk:
      return "contains an asterisk, which only ends a pattern";
  }
  return "is not valid";
}
static_assert(kNameBytesMax == 256, "to_string(NameError) names the limit");

base::Result<base::Unit, NameError> check_board_name(std::string_view name) {
  if (name.empty()) return base::Fail{NameError::empty};
  if (is_pattern(name) && name.size() <= kNameBytesMax && !check_text(name)) {
    return base::Fail{NameError::asterisk};
  }
  if (const auto error = check_name_or_pattern(name)) return base::Fail{*error};
  return base::Unit{};
}

base::Result<Filter> Filter::compile(const std::vector<std::string>& names,
                                     const std::vector<std::string>& types) {
  const auto content = base::make_intrusive<Content>();
  content->names = distinct(names);
  for (const std::string& name : content->names) {
    if (const auto error = check_name_or_pattern(name)) {
      return refuse(is_pattern(name) ? "The pattern" : "The board name", name, *error);
    }
  }
  content->types = distinct(types);
  for (const std::string& type : content->types) {
    const auto error = type.size() > kNameBytesMax ? NameError::too_long : check_text(type);
    if (error) return refuse("The event type", type, *error);
  }
  return Filter(base::IntrusivePtr<const Content>(content.get()));
}

bool Filter::reads(std::string_view board) const {
  return std::any_of(names().begin(), names().end(),
                     [board](const std::string& name) { return names_board(name, board); });
}

bool Filter::names_type(std::string_view type) const {
  const std::vector<std::string>& types = content_->types;
  return std::find(types.begin(), types.end(), type.empty() ? kUntyped : type) != types.end();
}

Filter::Content::~Content() {
  if (pool != nullptr) pool->contents_.erase(this);
}

FilterPool::~FilterPool() { BC_CHECK(contents_.empty(), contents_.size()); }

Filter FilterPool::share(Filter filter) {
  const auto [known, is_new] = contents_.insert(filter.content_.get());
  if (!is_new) return Filter(base::IntrusivePtr<const Content>(*known));
  BC_CHECK(filter.content_->pool == nullptr);
  filter.content_->pool = this;
  return filter;
}

std::size_t FilterPool::Hash::operator()(const Content* content) const {
  std::size_t hash = content->names.size();
  const auto mix = [&hash](const std::string& text) {
    hash = hash * 31 + std::hash<std::string>()(text);
  };
  std::for_each(content->names.begin(), content->names.end(), mix);
  std::for_each(content->types.begin(), content->types.end(), mix);
  return hash;
}

}  // namespace gateway::broker
