#include "auth/grant.h"

#include <algorithm>

#include "base/text.h"

namespace gateway::auth {
namespace {

bool covers(std::string_view granted, std::string_view name) {
  if (granted == name) return true;
  if (!granted.ends_with('*')) return false;
  granted.remove_suffix(1);
  if (name.ends_with('*')) name.remove_suffix(1);
  return name.starts_with(granted);
}

bool any_covers(const std::vector<std::string>& granted, std::string_view name) {
  return std::any_of(granted.begin(), granted.end(),
                     [name](const std::string& one) { return covers(one, name); });
}

}  // namespace

bool Grant::may_subscribe(std::string_view name) const { return any_covers(subscribe, name); }

bool Grant::may_publish(std::string_view board) const { return any_covers(publish, board); }

Grant grant_everything() {
  return {.subject = {}, .subscribe = {"*"}, .publish = {"*"}, .admin = true};
}

Grant grant_anonymous(const Options& options) {
  return {.subject = {},
          .subscribe = options.anonymous.subscribe,
          .publish = options.anonymous.publish};
}

bool is_granted_name(std::string_view name) {
  constexpr std::size_t kNameBytesMax = 256;  // as boards have it
  return !name.empty() && name.size() <= kNameBytesMax && !base::has_control(name) &&
         !base::has_c1_control(name) && name.find('*') >= name.size() - 1;
}

}  // namespace gateway::auth
