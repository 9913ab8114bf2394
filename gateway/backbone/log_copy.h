// What: keeps this node's log the same as the shared one. At the start, and whenever something may
// have been missed, it *reconciles*: what the channel brings waits, the shared log is asked where
// it stands, what is lacking is read in portions and placed, then what waited, and then what comes.
// So nothing newer goes out before what is older. What the shared log holds no more is skipped;
// another epoch restarts the log; of boards that deliver their latest the newest event is asked for
// then, since it outlives the log. Owner: the link. Thread: the link's loop. Invariants: events are
// placed by dense seqs alone, so what comes twice is dropped and what is missing is seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backbone/portion.h"
#include "backbone/redis_message.h"
#include "backbone/redis_script.h"
#include "broker/log.h"

namespace gateway::backbone {

class LogCopy {
 public:
  /// The shared log. Answers come by `stands`, `values` and `read`, later, never inside these
  /// calls.
  class Source {
   public:
    virtual ~Source() = default;
    virtual void ask_standing() = 0;
    /// Entries with seqs of [from, upto], `count` at most.
    virtual void ask_entries(broker::Seq from, broker::Seq upto, std::size_t count) = 0;
    /// What boards hold that deliver their latest.
    virtual void ask_values() = 0;
  };
  /// What one reconciling did.
  struct Report {
    const char* why = "";
    std::uint64_t read = 0;     // events that it lacked
    std::uint64_t skipped = 0;  // seqs that are held nowhere any more
    bool restarted = false;     // another epoch
  };

  /// `log` and `source` outlive it. `waiting_bytes`: of messages, over which they are let go of,
  /// and read from the log.
  LogCopy(broker::Log& log, Source& source, std::size_t waiting_bytes,
          std::function<void(const Report&)> reconciled);

  /// What is published from now on comes as a message.
  void begin(const char* why);
  /// Messages may be missed from now on. Answers to questions asked before are not to be told.
  /// `portion`: what was asked for is lost, too.
  void lose(bool portion);
  void stands(const Standing& standing);
  /// All of them, of one epoch.
  void values(broker::Epoch epoch, std::vector<broker::Log::Value> values);
  void read(RedisEntries entries);
  void message(std::string_view text);

  /// What comes goes out at once.
  bool live() const { return state_ == State::live; }
  /// It was so once: the log is one that nodes share.
  bool loaded() const { return loaded_; }
  std::uint64_t reconciles() const { return reconciles_; }

  static constexpr std::size_t kPortionMax = 1'000;

 private:
  enum class State : std::uint8_t { away, asking, valuing, reading, live };

  void reconcile(const char* why);
  void compare(const Standing& standing);
  void begin_reading(std::vector<broker::Log::Value> values);
  void read_on();
  void place(std::vector<broker::Log::Placed> events);
  void skip(broker::Seq upto, std::vector<broker::Log::Value> values = {});
  void take_waiting();
  bool take(std::string_view text);
  void wait(std::string_view text);
  void forget(broker::Epoch epoch);
  bool is_past(broker::Epoch epoch) const;

  broker::Log& log_;
  Source& source_;
  const std::size_t waiting_max_;
  const std::function<void(const Report&)> reconciled_;
  State state_ = State::away;
  Report report_;
  Standing standing_;  // what was answered last
  // The head at which it was asked again, since more had gone.
  std::optional<broker::Seq> asked_at_;
  Portion portion_{kPortionMax};  // entries
  broker::Seq expected_ = 0;      // live: the head that was told at the last look, a while ago
  std::deque<std::string> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::size_t vouched_ = 0;              // of waiting_, came before the shared log was asked
  std::optional<broker::Epoch> wanted_;  // of a message, not the log's
  std::deque<broker::Epoch> past_;
  std::uint64_t reconciles_ = 0;
  bool loaded_ = false;
};

}  // namespace gateway::backbone
