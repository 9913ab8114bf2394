// What: structured log lines through spdlog, as text or JSON, to standard error. Every value is
// escaped and cut at 256 bytes, so that a client cannot forge a line. Writing never blocks a worker
// and never ends the process: lines go through a bounded queue to a thread of its own, and what
// does not fit or cannot be written (closed pipe, full disk) is counted. Where standard error is
// systemd's journal, it is told the level of each line. Thread: safe from any
// thread after `log_start`; before it and after `log_stop`, lines are written directly.
//
//   BC_LOG(info, "listening", {"address", text}, {"workers", count});
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace gateway::base {

enum class LogLevel : std::uint8_t { debug, info, warn, error, off };
enum class LogFormat : std::uint8_t { text, json };

struct LogOptions {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
};

/// One `name=value` of a line; without a name it is left out. Numbers stay numbers in JSON.
struct LogField {
  LogField(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
  LogField(std::string_view field_name, const char* text) : name(field_name), value(text) {}
  LogField(std::string_view field_name, const std::string& text) : name(field_name), value(text) {}
  template <typename N, typename = std::enable_if_t<std::is_arithmetic_v<N>>>
  LogField(std::string_view field_name, N n)
      : name(field_name), value(std::to_string(n)), number(true) {}

  std::string_view name;
  std::string value;
  bool number = false;
};

/// Starts the log's thread. Call once, from the main thread.
void log_start(const LogOptions& options);
/// Logs by these from now on. Any thread.
void log_use(const LogOptions& options);
/// Waits (at most 1 s) until what was logged is written, so that other text can come after it. Call
/// from the main thread.
void log_flush();
/// Writes what is queued (at most 1 s) and stops the thread.
void log_stop();
bool log_enabled(LogLevel level);
/// Writes the line whatever the level is: use BC_LOG, which asks first.
void log_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields);
/// Lines lost so far: the queue was full or the write failed.
std::uint64_t log_lines_dropped();

}  // namespace gateway::base

#define BC_LOG(level, message, ...)                                                        \
  do {                                                                                     \
    if (::gateway::base::log_enabled(::gateway::base::LogLevel::level)) {                  \
      ::gateway::base::log_line(::gateway::base::LogLevel::level, message, {__VA_ARGS__}); \
    }                                                                                      \
  } while (false)
