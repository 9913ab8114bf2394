#include "broker/event_id.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace gateway::broker {
namespace {

TEST(EventIdText, IsEightAndTwelveLowerCaseHexDigits) {
  EXPECT_EQ(to_string(EventId{0x7f3a91c2, 0x2a}), "7f3a91c2-00000000002a");
  EXPECT_EQ(to_string(EventId{0, 0}), "00000000-000000000000");
  EXPECT_EQ(to_string(EventId{UINT32_MAX, kSeqMax}), "ffffffff-ffffffffffff");
}

TEST(EventIdText, ReadsBackWhatItWrote) {
  base::SeededRandom random(1);
  for (int i = 0; i < 1'000; ++i) {
    const EventId id{static_cast<Epoch>(random.next()), random.next() & kSeqMax};
    EXPECT_EQ(parse_event_id(to_string(id)), id);
  }
}

TEST(EventIdText, RefusesEveryOtherText) {
  for (const char* text :
       {"", "earliest", "7f3a91c2-00000000002", "7f3a91c2-00000000002a0", "7F3a91c2-00000000002a",
        "7f3a91c2_00000000002a", "7f3a91c-200000000002a", "7f3a91c2-00000000002g",
        " 7f3a91c2-0000000002a", "7f3a91c2-+0000000002a", "-7f3a91c200000000002a"}) {
    EXPECT_FALSE(parse_event_id(text)) << text;
  }
}

TEST(EpochText, IsTheFirstPartOfAnIdAndNeverZero) {
  EXPECT_EQ(epoch_text(0x2a), "0000002a");
  EXPECT_EQ(parse_epoch("ffffffff"), UINT32_MAX);
  EXPECT_EQ(parse_epoch(epoch_text(0x7f3a91c2)), 0x7f3a91c2U);
  for (const char* text :
       {"", "00000000", "2a", "0000002A", "0000002a-", "0000002a-000000000000"}) {
    EXPECT_FALSE(parse_epoch(text)) << text;
  }
}

TEST(EventIdText, SortsLikeTheIds) {
  EXPECT_LT(to_string(EventId{1, 9}), to_string(EventId{1, 16}));
  EXPECT_LT((EventId{1, 9}), (EventId{1, 16}));
}

}  // namespace
}  // namespace gateway::broker
