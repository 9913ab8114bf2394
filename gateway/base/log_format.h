// What: one log line as text, in the two forms. Pure functions; nothing from a client can end a
// line, forge a field or make the JSON invalid: control characters (C0, C1, DEL), quotes and broken
// UTF-8 are escaped, long values are cut and the cut is marked with "…".
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"

namespace gateway::base {

/// Bytes that stay of a value, before escaping.
inline constexpr std::size_t kLogValueBytesMax = 256;
/// Bytes that stay of a message: messages are our own sentences, but may quote a file or an error.
inline constexpr std::size_t kLogMessageBytesMax = 1024;

/// What a line says, apart from its form.
struct LogRecord {
  WallMs time = 0;
  LogLevel level = LogLevel::info;
  std::string_view message;
  std::initializer_list<LogField> fields;
};

/// `2026-11-23T08:00:00.123Z info  message name=value name="quoted value"`, ended by a line feed.
std::string format_log_text(const LogRecord& record);
/// `{"time":"…","level":"info","message":"…","name":"value"}`, ended by a line feed.
std::string format_log_json(const LogRecord& record);

}  // namespace gateway::base
