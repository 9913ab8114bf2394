// What: what a command has of the outside: where it prints, where it says how things are, and the
// wish that it stop. It *ends* when it is to stop, when nobody reads what it prints any more, or
// when that cannot be written; every wait but the one for input ends then. Descriptors are the
// caller's, blocking or not. Thread: the command's only one. SIGPIPE must be ignored.
#pragma once

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gateway::client {

class Console {
 public:
  struct Descriptors {
    int in;
    int out;
    int error;
    /// Becomes readable when the command is to stop; -1: it is never told.
    int stop;
  };

  /// `name` begins each line of `say`.
  Console(std::string name, Descriptors descriptors)
      : name_(std::move(name)), descriptors_(descriptors) {}

  /// Writes all of `text` to standard output; false when it ended before that.
  bool print(std::string_view text);
  /// One line to standard error. Control characters become spaces: the text may be a stranger's.
  void say(std::string_view text);
  /// Up to `size` bytes of standard input into `buffer`, as soon as there is one; 0 at its end. The
  /// error is a clause for a person.
  base::Result<std::size_t> read(char* buffer, std::size_t size);

  bool ended();
  /// It ended because standard output is closed: its reader wants no more.
  bool closed() const { return output_error_ == EPIPE; }
  /// It ended because standard output cannot be written, for want of space for example.
  bool failed() const { return output_error_ != 0 && !closed(); }
  /// What became of standard output, where it is closed or failed: a clause for a person.
  std::string output_trouble() const;
  /// Waits; false, and earlier, when it ended.
  bool wait(std::chrono::milliseconds time);

  int stop_descriptor() const { return descriptors_.stop; }

 private:
  /// Waits until standard output takes `events` (0: nothing but its end), it ended, or the time is
  /// over (-1: never). True unless it ended.
  bool poll(short events, int timeout_ms);

  std::string name_;
  Descriptors descriptors_;
  bool stopped_ = false;
  int output_error_ = 0;  // errno
};

}  // namespace gateway::client
