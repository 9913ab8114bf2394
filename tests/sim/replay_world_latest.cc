// What the replay simulation knows of boards that deliver their latest.
#include <algorithm>

#include <gtest/gtest.h>

#include "broker/filter.h"
#include "sim/replay_client.h"
#include "sim/replay_world.h"

namespace gateway::sim {

using broker::Seq;

void ReplayWorld::take_opening(Client& client, const test::SseEvent& event) {
  EXPECT_FALSE(client.opened);
  client.opened = true;
  const auto id = broker::parse_event_id(event.last_event_id);
  ASSERT_TRUE(id.has_value());
  if (client.joins) return check_snapshots(client, client.names, id->seq);
  EXPECT_TRUE(client.snapshots.empty()) << "with a position, what is newer comes in its place";
}

void ReplayWorld::take_snapshot(Client& client, const test::SseEvent& event) {
  const Seq seq = std::stoull(event.data);
  EXPECT_TRUE(client.snapshots.insert(seq).second) << seq << " was told twice";
  ++coverage_.snapshots;
}

void ReplayWorld::check_snapshots(Client& client, const std::vector<std::string>& names, Seq upto) {
  const auto filter = broker::Filter::compile(names, {});
  std::vector<broker::History::Value> held;
  for (Seq at = 0; at < upto;) at = log_->values(*filter, at, {client.epoch, upto}, 1'000, held);
  for (const broker::History::Value& value : held) {
    EXPECT_EQ(client.snapshots.count(value.event->id().seq), 1U) << "held all the while";
  }
  for (const Seq seq : client.snapshots) {
    EXPECT_LE(seq, upto);
    EXPECT_TRUE(wants(names, seq)) << "of a board that it does not read";
  }
  client.snapshots.clear();
}

bool ReplayWorld::replaced(const std::vector<std::string>& names, Seq seq) const {
  const auto filter = broker::Filter::compile(names, {});
  const std::vector<std::string>& boards = events()[seq - 1];
  return std::all_of(boards.begin(), boards.end(), [&](const std::string& board) {
    if (!filter->reads(board)) return true;
    if (broker::limits_of(options_.history, board).deliver != broker::Deliver::latest) return false;
    return std::any_of(events().begin() + static_cast<std::ptrdiff_t>(seq), events().end(),
                       [&](const std::vector<std::string>& newer) {
                         return std::find(newer.begin(), newer.end(), board) != newer.end();
                       });
  });
}

}  // namespace gateway::sim
