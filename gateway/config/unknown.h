// What: names that no table knows, with the nearest that one does, for messages. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/keys.h"

namespace gateway::config {

/// "unknown key (nearest: stream.heartbeat)"; `near` may be empty.
std::string unknown_key(std::string_view near);
/// The known name nearest to one that a file has; empty when none is near.
std::string_view nearest_key(std::string_view name, std::span<const std::string_view> known);

std::string unknown_section(std::string_view name);
/// In this order: the same name in another section, a near one in this section, a near one in any.
std::string unknown_name(const Section& section, std::string_view name);

/// A key of a file as it may stand in a message.
std::string key_shown(const std::string& key);

}  // namespace gateway::config
