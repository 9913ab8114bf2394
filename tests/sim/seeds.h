// What: runs a simulation for many seeds and says which one failed, also when a broken invariant
// aborts the process. BOARDCAST_SEED=<seed> replays one alone, BOARDCAST_SEEDS=<n> runs more of
// them. Thread: the test's.
#pragma once

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace gateway::sim {

inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// While it lives, abort() says which seed is running: gtest cannot tell its traces any more then.
class SeedNote {
 public:
  SeedNote() : before_(std::signal(SIGABRT, tell)) {}
  ~SeedNote() { std::signal(SIGABRT, before_); }
  SeedNote(const SeedNote&) = delete;
  SeedNote& operator=(const SeedNote&) = delete;

  void set(const std::string& text) { std::snprintf(text_, sizeof text_, "%s\n", text.c_str()); }

 private:
  static void tell(int) {  // may do little else (signal-safety(7))
    [[maybe_unused]] const ssize_t told = ::write(STDERR_FILENO, text_, std::strlen(text_));
  }

  static inline char text_[80] = "";
  void (*const before_)(int);
};

/// Calls `run(seed)` for the seeds from 1 to `usual` until one fails. How many there were; 0 when a
/// single seed was replayed, which says nothing about what all of them reach.
template <class Run>
std::uint64_t for_each_seed(std::uint64_t usual, const Run& run) {
  const std::uint64_t only = number_from("BOARDCAST_SEED", 0);
  const std::uint64_t first = only != 0 ? only : 1;
  const std::uint64_t count = only != 0 ? 1 : number_from("BOARDCAST_SEEDS", usual);
  SeedNote note;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const std::string replay = "replay with BOARDCAST_SEED=" + std::to_string(seed);
    SCOPED_TRACE(replay);
    note.set(replay);
    run(seed);
    if (::testing::Test::HasFailure()) break;
  }
  return only != 0 ? 0 : count;
}

}  // namespace gateway::sim
