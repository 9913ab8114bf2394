// How nodes talk by Redis: what the script says, and what anybody may say.
#include "backbone/redis_talk.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "unit/backbone/redis_values.h"

namespace gateway::backbone {
namespace {

using std::chrono::milliseconds;
using test::list;
using test::number;
using test::text;

constexpr std::string_view kNote = "4:note1:n6:kick:a0:1:14:90001:7";

TEST(RedisTalk, ReadsWhatNodesWrite) {
  const auto note = read_talk(kNote);
  ASSERT_TRUE(note);
  const auto& heard = std::get<HeardNote>(*note);
  EXPECT_EQ(heard.key, "kick:a");
  EXPECT_EQ(heard.owner, "");
  EXPECT_EQ(heard.value, "1");
  EXPECT_EQ(heard.left, milliseconds(9'000));
  EXPECT_EQ(heard.version, 7u);
  const auto question = read_talk(talk_text(TalkQuestion{"n", 3, "what:\n"}));
  ASSERT_TRUE(question);
  EXPECT_EQ(std::get<TalkQuestion>(*question).number, 3u);
  EXPECT_EQ(std::get<TalkQuestion>(*question).text, "what:\n");
  const auto answer = read_talk(talk_text(TalkAnswer{"m", "n", 3, ""}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(std::get<TalkAnswer>(*answer).to, "n");
  EXPECT_EQ(std::get<TalkAnswer>(*answer).node, "m");
}

TEST(RedisTalk, BoundsWhatItReads) {
  EXPECT_FALSE(read_talk("4:note0:6:kick:a0:1:14:90001:7")) << "no node";
  EXPECT_FALSE(read_talk("4:note1:n0:0:1:14:90001:7")) << "no key";
  EXPECT_FALSE(read_talk(talk_text(TalkQuestion{std::string(65, 'n'), 3, ""})));
  EXPECT_FALSE(read_talk(talk_text(TalkQuestion{"n", 3, std::string(kQuestionBytesMax + 1, 'x')})));
  const auto endless = read_talk("4:note1:n6:kick:a0:1:120:184467440737095516151:7");
  ASSERT_TRUE(endless);
  EXPECT_EQ(std::get<HeardNote>(*endless).left, milliseconds(kNoteLifeMax));
}

TEST(RedisTalk, WhatIsCutIsNone) {
  for (std::size_t size = 0; size < kNote.size(); ++size) {
    EXPECT_FALSE(read_talk(kNote.substr(0, size))) << size;
  }
  EXPECT_FALSE(read_talk(std::string(kNote) + "1:x"));
  base::SeededRandom random(1);
  for (int i = 0; i < 2'000; ++i) {  // nothing to ask but that it returns
    std::string changed(kNote);
    changed[random.below(changed.size())] = static_cast<char>(random.below(256));
    read_talk(changed);
  }
}

TEST(RedisTalk, ReadsWhatIsStored) {
  const auto stored = read_stored_notes(
      list({text("17"), list({text(""), text("9 500"), text("name:x"), text("8 1500 2:ab1:y"),
                              text("kick:old"), text("7 1000 0:1"), text("kick:bad"),
                              text("7 2000 3:1"), text("kick:worse"), text("rubbish")})}),
      1'000);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->cursor, "17");
  ASSERT_EQ(stored->notes.size(), 1u) << "one is over, two are none";
  EXPECT_EQ(stored->malformed, 2u);
  EXPECT_EQ(stored->count, 5u);
  EXPECT_EQ(stored->bytes, 78u);
  EXPECT_EQ(stored->notes[0].key, "name:x");
  EXPECT_EQ(stored->notes[0].owner, "ab");
  EXPECT_EQ(stored->notes[0].value, "1:y");
  EXPECT_EQ(stored->notes[0].left, milliseconds(500));
  EXPECT_EQ(stored->notes[0].version, 8u);
  EXPECT_FALSE(read_stored_notes(test::error("NOPERM"), 1'000));
  EXPECT_FALSE(read_stored_notes(list({text("0")}), 1'000));
  EXPECT_EQ(read_time(list({text("2"), text("5999")})), 2'005);
  EXPECT_FALSE(read_time(list({text("x"), text("0")})));
}

TEST(RedisTalk, SaysWhatBecameOfANote) {
  EXPECT_THAT(read_put(false, {}), testing::Pair(PutResult::unavailable, 0));
  EXPECT_THAT(read_put(true, {}), testing::Pair(PutResult::unknown, 0));
  EXPECT_THAT(read_put(true, list({number(1)})), testing::Pair(PutResult::taken, 0));
  EXPECT_THAT(read_put(true, list({number(-17)})), testing::Pair(PutResult::refused, 17));
  EXPECT_THAT(read_put(true, list({number(INT64_MIN)})),
              testing::Pair(PutResult::refused, std::uint64_t{1} << 63));
  EXPECT_THAT(read_put(true, list({number(0)})), testing::Pair(PutResult::unknown, 0));
  EXPECT_THAT(read_put(true, test::error("OOM")), testing::Pair(PutResult::unknown, 0));
}

}  // namespace
}  // namespace gateway::backbone
