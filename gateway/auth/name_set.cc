#include "auth/name_set.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gateway::auth {
namespace {

std::size_t bytes_of(const std::vector<std::string>& names) {
  std::size_t bytes = 0;
  for (const std::string& name : names) bytes += sizeof name + name.size();
  return bytes;
}

}  // namespace

NameSet::NameSet(std::vector<std::string> names) {
  std::vector<std::string> prefixes;
  for (std::string& name : names) {
    const bool prefix = name.ends_with('*');
    if (prefix) name.pop_back();
    (prefix ? prefixes : exact_).push_back(std::move(name));
  }
  std::sort(exact_.begin(), exact_.end());
  std::sort(prefixes.begin(), prefixes.end());
  for (std::string& prefix : prefixes) {
    // What begins with another stands right behind that and what else begins with it.
    if (!has_prefix_of(prefix)) prefixes_.push_back(std::move(prefix));
  }
}

std::vector<std::string> NameSet::names() const {
  std::vector<std::string> names = exact_;
  for (const std::string& prefix : prefixes_) names.push_back(prefix + '*');
  return names;
}

bool NameSet::covers(std::string_view name) const {
  if (name.ends_with('*')) return has_prefix_of(name.substr(0, name.size() - 1));
  return has_prefix_of(name) || std::binary_search(exact_.begin(), exact_.end(), name);
}

// Between a prefix and a text that begins with it stands only what begins with that prefix, too.
bool NameSet::has_prefix_of(std::string_view text) const {
  const auto behind = std::upper_bound(prefixes_.begin(), prefixes_.end(), text);
  return behind != prefixes_.begin() && text.starts_with(*std::prev(behind));
}

std::size_t NameSet::bytes() const { return bytes_of(exact_) + bytes_of(prefixes_); }

}  // namespace gateway::auth
