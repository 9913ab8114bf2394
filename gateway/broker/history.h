// What: the events that the log still holds, so that a reader can continue after a position: all of
// them in the order of their seqs, and for each board which of them are its own. Each board is
// bounded by count, bytes and age, all of them together by bytes. What goes leaves a watermark, so
// that nobody misses it unsaid: a reader of a board whose position is at or above the board's
// watermark has missed nothing. A board that holds nothing is forgotten, and one watermark remains
// for all such boards of a kind (the first rule that matches them). Boards that deliver their
// latest hold one event each, apart from the others; what a newer one replaced is not missed. It
// may begin behind any seq: what came before is gone, of every board. Owner: the log. Thread:
// guarded by the log's mutex. Invariants: an event is held as long as one of its boards holds it;
// rings are in seq order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "broker/event.h"
#include "broker/options.h"
#include "broker/values.h"

namespace gateway::broker {

class Filter;

/// By the index of a filter's name: what is gone of it up to here is told, or not wanted. Empty:
/// nothing. Each name has its own, since one board can lose an event below what was told of
/// another.
using Told = std::vector<Seq>;

/// Names of a filter of which events may be missing, as indices into its names(); empty: nothing.
struct Missing {
  std::vector<std::uint32_t> names;
  std::vector<Seq> gone;  // of each of them, the newest
  Seq upto = 0;           // the newest of all
  bool lost = false;      // some of it never came here: see History

  /// Notes that each is told up to its own newest.
  void note_each(Told& told, const Filter& filter) const;
  /// Notes that all of them are told up to `upto`, as one gap says it.
  void note_all(Told& told, const Filter& filter) const;
};

/// Of the first rule that matches the board, else the usual ones. Lives as long as `options`.
const HistoryLimits& limits_of(const HistoryOptions& options, std::string_view board);

class History {
 public:
  /// Events that are held no longer: the caller frees them, after its unlock.
  using Released = std::vector<EventRef>;

  /// Begins behind `gone`, the head. What is up to `lost` (at most `gone`) and is missed, is missed
  /// because it never came here.
  explicit History(const HistoryOptions& options, Seq gone = 0, Seq lost = 0);
  /// Goes on by these limits: what is over those of its board goes at once, what is over all bytes
  /// by `shrink`. A board that begins or ceases to deliver its latest loses what it holds, as if it
  /// were too old. When limits changed, this looks at each board that is held, and with other rules
  /// compares each with these.
  void use(const HistoryOptions& options, base::MonoTime now, Released& released);
  /// Lets go of kShrinkBytes, or of less when that does. True: call again, some time soon.
  bool shrink(Released& released);

  /// Takes the event with the next seq; `now` is when. Returns which of its boards deliver their
  /// latest: a bit for each, by index.
  std::uint64_t append(const EventRef& event, base::MonoTime now, Released& released);
  /// There is no event with the next seq.
  void pass(base::MonoTime now, Released& released);
  /// Takes what a board held that delivers its latest when all of before went: with a seq of that,
  /// and not before older ones. `then`: when it came. Returns the board's bit, as `append` does; 0
  /// when the board does not do so here, or is none of the event's.
  std::uint64_t restore(const std::string& board, const EventRef& event, base::MonoTime then,
                        Released& released);
  /// Drops what is older than the longest age of all boards (each board's own age is kept when it
  /// is written to), and some of the values that are older than their board's age: all within a few
  /// calls.
  void expire(base::MonoTime now, Released& released);

  /// Appends to `out`, in order, up to `events_max` held events behind `after` of which at least
  /// those that `filter` names are in; others may be among them. Returns the seq up to which that
  /// is complete; `head` is the newest seq of the log. One call looks at a bounded number of events
  /// (kScanMax), so it may find none and yet move on.
  Seq read(const Filter& filter, Seq after, std::size_t events_max,
           std::vector<EventRef>& out) const;

  /// What of `filter` may have been behind `after`, and behind what is told of its name, and is
  /// held no more. Exact for boards, for "*", and for patterns of up to kPatternBoardsMax boards;
  /// beyond that it may say more.
  Missing missing(const Filter& filter, Seq after, const Told& told = {}) const;

  /// Of each board that `filter` names and that holds something, the seq behind which its newest
  /// `count` events lie; of `boards_max` boards at most.
  using Starts = std::map<std::string, Seq, std::less<>>;
  Starts newest(const Filter& filter, std::size_t count, std::size_t boards_max) const;

  /// The event that one of its boards delivers as its latest.
  struct Value {
    EventRef event;
    std::size_t board;  // index into event->boards()
  };
  /// Appends to `out`, in order and each event once, values with seqs in (after, upto] of boards
  /// that `filter` names, up to `values_max` of them. Returns the seq up to which that is complete.
  /// One call looks at a bounded number of boards, so it may find none and yet move on.
  Seq values(const Filter& filter, Seq after, Seq upto, std::size_t values_max,
             std::vector<Value>& out) const;

  /// Events of the board since it is held; 0: it is not. A board that is forgotten counts anew.
  std::uint64_t events_of(std::string_view board) const;

  Seq head() const { return first_ + slots_.size() - 1; }
  /// What all that is held costs, by estimate.
  std::size_t bytes() const { return bytes_; }
  std::size_t boards() const { return boards_.size() + values_.size(); }
  std::size_t events() const { return held_ + values_.size(); }

  /// Slots that one read looks at.
  static constexpr std::size_t kScanMax = 512;
  /// Exact boards that are read by merging their rings; with more, or patterns, all is scanned.
  static constexpr std::size_t kMergeMax = 16;
  static constexpr std::size_t kPatternBoardsMax = 4096;
  /// Takes about a millisecond, while nobody publishes.
  static constexpr std::size_t kShrinkBytes = std::size_t{1} << 20U;

 private:
  struct Slot {
    EventRef event;                 // null: held no more
    std::uint32_t holders = 0;      // rings that hold it
    std::uint32_t deciseconds = 0;  // when it came, since the log began
  };
  /// The boards of which one rule is the first that matches; the last kind is all others.
  struct Kind {
    std::string match;
    HistoryLimits limits;
    std::uint32_t age;    // deciseconds
    Seq forgotten = 0;    // watermark of each of its boards that is not held
    Seq newest_gone = 0;  // the newest of all its watermarks
  };
  struct Board {
    std::uint32_t kind = 0;
    std::vector<Seq> ring;  // from `front` on
    std::size_t front = 0;
    std::size_t bytes = 0;     // of data
    std::uint64_t events = 0;  // that it has had since it is held
    Seq trimmed = 0;           // the newest seq that was its own, or may have been, and is gone

    const Seq* begin() const { return ring.data() + front; }
    const Seq* end() const { return ring.data() + ring.size(); }
    std::size_t size() const { return ring.size() - front; }
    const Seq* behind(Seq after) const;
    void pop_front();
  };
  using Boards = std::map<std::string, Board, std::less<>>;

  void set_kinds(const HistoryOptions& options);
  void inherit_watermarks(const std::vector<Kind>& before, bool same_matches);
  void sort_anew();
  void keep_within_limits(base::MonoTime now, Released& released);
  std::uint32_t deciseconds(base::MonoTime now) const;
  Slot& slot(Seq seq) { return slots_[seq - first_]; }
  std::uint32_t kind_of(std::string_view board) const;
  std::uint32_t first_match(std::string_view board) const;
  /// True: the board delivers its latest.
  bool hold(const std::string& name, const EventRef& event, std::uint32_t now, Released& released);
  void push(const std::string& name, std::uint32_t kind, const Event& event);
  void set(const std::string& name, std::uint32_t kind, const EventRef& event, std::uint32_t now,
           Released& released);
  void gone(Kind& kind, Seq seq);
  static bool older(std::uint32_t at, std::uint32_t now, std::uint32_t age);
  void trim(Boards::iterator board, std::uint32_t now, Released& released);
  bool over(const Board& board, std::uint32_t now) const;
  /// True: the board is forgotten too.
  bool drop_front(Boards::iterator board, Released& released);
  void drop_value(Values::ByName::iterator value, Released& released);
  void evict_to_total(Released& released);
  void evict_oldest(Released& released);
  void evict_front(Released& released);
  void sweep_values(std::uint32_t now, Released& released);
  void pop_empty_slots();
  static bool merges(const Filter& filter);
  Seq merge(const Filter& filter, Seq after, std::size_t events_max,
            std::vector<EventRef>& out) const;
  Seq scan(Seq after, std::size_t events_max, std::vector<EventRef>& out) const;
  Seq watermark(std::string_view name) const;
  Seq pattern_watermark(std::string_view pattern) const;
  std::size_t total_bytes_ = 0;
  std::size_t allowed_bytes_ = 0;  // total_bytes_, but for those that `shrink` has yet to let go of
  std::vector<Kind> kinds_;
  std::uint32_t longest_age_ = 0;  // deciseconds
  base::MonoTime began_{};
  bool begun_ = false;
  std::deque<Slot> slots_;
  Seq first_ = 1;  // of slots_.front(), or the next one
  Boards boards_;
  Values values_;
  Seq swept_ = 0;        // values up to here were looked at for their age
  Seq trimmed_any_ = 0;  // the newest of all watermarks
  Seq lost_ = 0;
  std::size_t bytes_ = 0;
  std::size_t held_ = 0;
};

}  // namespace gateway::broker
