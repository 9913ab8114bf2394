#include "config/keys_boards.h"

#include <utility>
#include <vector>

#include "base/quantity.h"
#include "config/access.h"

namespace gateway::config {
namespace {

using base::kGiB;
using base::kHour;
using base::kKiB;
using base::kMiB;
using base::kSecond;

constexpr NumberRule kEvents{0, 10'000'000};
constexpr SizeRule kBytes{kKiB, 64 * kGiB};
constexpr DurationRule kAge{kSecond, 30 * 24 * kHour, 100};

constexpr Key kHistory[] = {
    {"events", kEvents,
     member<&Settings::broker, &broker::Options::history, &broker::HistoryOptions::board,
            &broker::HistoryLimits::events>,
     "Events of each board that are kept for clients that reconnect or lag behind. 0: none, and "
     "every reconnect is told a gap."},
    {"bytes", kBytes,
     member<&Settings::broker, &broker::Options::history, &broker::HistoryOptions::board,
            &broker::HistoryLimits::bytes>,
     "Their data, for each board; the newest event is kept whatever its size."},
    {"age", kAge,
     member<&Settings::broker, &broker::Options::history, &broker::HistoryOptions::board,
            &broker::HistoryLimits::age>,
     "How old they may become."},
    {"total_bytes", SizeRule{kMiB, 1024 * kGiB},
     member<&Settings::broker, &broker::Options::history, &broker::HistoryOptions::total_bytes>,
     "What all boards together may cost in memory, wire forms and bookkeeping included; the oldest "
     "events go first, whatever their board."},
};

constexpr std::string_view kDeliver[] = {"all", "latest"};

constexpr BoardMember kBoardMembers[] = {
    {"", "deliver", ChoiceRule{kDeliver}, &BoardOverride::deliver},
    {"history", "events", kEvents, &BoardOverride::events},
    {"history", "bytes", kBytes, &BoardOverride::bytes},
    {"history", "age", kAge, &BoardOverride::age},
};

void set_rules(Settings& settings, const Value& value) {
  broker::HistoryOptions& history = settings.broker.history;
  history.rules.clear();
  for (const BoardOverride& board : std::get<std::vector<BoardOverride>>(value)) {
    broker::BoardRule rule{board.match, history.board};
    if (board.deliver) store(rule.history.deliver, *board.deliver);
    if (rule.history.deliver == broker::Deliver::latest) rule.history.events = 1;
    if (board.events) store(rule.history.events, *board.events);
    if (board.bytes) store(rule.history.bytes, *board.bytes);
    if (board.age) store(rule.history.age, *board.age);
    history.rules.push_back(std::move(rule));
  }
}

Value get_rules(const Settings& settings) {
  std::vector<BoardOverride> boards;
  for (const broker::BoardRule& rule : settings.broker.history.rules) {
    boards.push_back({rule.match, std::get<std::uint64_t>(fetch(rule.history.deliver)),
                      rule.history.events, rule.history.bytes,
                      std::get<std::uint64_t>(fetch(rule.history.age))});
  }
  return boards;
}

constexpr Key kBoards[] = {
    {"boards",
     BoardsRule{kBoardMembers},
     {set_rules, get_rules},
     "Overrides, such as [{match: \"ticks-*\", deliver: latest}]. A match is a board's name, or a "
     "prefix and *; the first that matches a board is the only one that counts, and what it "
     "leaves out is as in history. deliver: all, or latest: a reader that is behind, or comes "
     "later, gets only the board's newest event, which is the one that is kept."},
};

}  // namespace

Section history_section() {
  return {"history", "What is kept of each board, in memory.", kHistory};
}

Section boards_section() { return {"boards", "Boards that differ from the others.", kBoards}; }

}  // namespace gateway::config
