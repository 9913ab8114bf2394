// What: what a command has of the outside: where it prints, where it says how things are, and the
// wish that it stop. Every wait ends when it is to stop or when nobody reads what it prints.
// Descriptors are the caller's. Thread: the command's only one. SIGPIPE must be ignored.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

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

  /// Writes all of `text` to standard output; false when it is to end before that.
  bool print(std::string_view text);
  /// One line to standard error. Control characters become spaces: the text may be a stranger's.
  void say(std::string_view text);
  /// Up to `size` bytes of standard input into `buffer`, as soon as there is one; 0 at its end.
  std::size_t read(char* buffer, std::size_t size);

  /// It was told to stop, or standard output is closed.
  bool ended();
  /// Standard output is closed (and so it ended).
  bool closed();
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
  bool closed_ = false;
};

}  // namespace gateway::client
