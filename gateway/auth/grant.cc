#include "auth/grant.h"

#include "base/text.h"

namespace gateway::auth {

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
  return !name.empty() && name.size() <= kNameBytesMax && !base::has_any_control(name) &&
         name.find('*') >= name.size() - 1;
}

}  // namespace gateway::auth
