// What may be published, part by part.
#include "broker/draft_check.h"

#include <gtest/gtest.h>

#include "broker/options.h"

namespace gateway::broker {
namespace {

using Error = DraftError;

TEST(DraftCheck, BoardsAreDistinctAndNoMoreThanAnEventMayHave) {
  Draft draft;
  for (std::size_t n = 0; n < kBoardsPerEventMax; ++n) {
    EXPECT_FALSE(put_board(draft, "b" + std::to_string(n)));
  }
  EXPECT_FALSE(put_board(draft, "b7")) << "it is there";
  EXPECT_EQ(put_board(draft, "one more"), Error::too_many_boards);
  EXPECT_EQ(draft.boards.size(), kBoardsPerEventMax);
  for (const char* name : {"", "a*", "a\nb", "\xc2\x85", "\xff"}) {
    EXPECT_EQ(put_board(draft, name), Error::no_board) << name;
  }
}

TEST(DraftCheck, TypesReachNobodyElsesHandler) {
  Draft draft;
  EXPECT_FALSE(put_type(draft, "moved"));
  EXPECT_EQ(draft.type, "moved");
  EXPECT_EQ(put_type(draft, "open"), Error::type_of_handlers);
  EXPECT_EQ(put_type(draft, "error"), Error::type_of_handlers);
  EXPECT_EQ(put_type(draft, "boardcast.gap"), Error::type_of_gateway);
  EXPECT_EQ(put_type(draft, std::string(kNameBytesMax + 1, 'x')), Error::type_too_long);
  EXPECT_EQ(put_type(draft, "\xff"), Error::type_not_utf8);
  for (const char* type : {"a\nb", "\x1b[m", "\x7f", "\xc2\x85"}) {
    EXPECT_EQ(put_type(draft, type), Error::type_control_character) << type;
  }
  EXPECT_EQ(draft.type, "moved") << "as it was";
  EXPECT_FALSE(put_type(draft, "message"));
  EXPECT_EQ(draft.type, "") << "untyped";
}

TEST(DraftCheck, DataIsTextThatAStreamCanCarry) {
  Draft draft;
  draft.data_is_json = true;
  EXPECT_FALSE(put_data(draft, "a\r\n\x1b\xc2\x85"));
  EXPECT_FALSE(draft.data_is_json);
  EXPECT_EQ(put_data(draft, std::string("a\0", 2)), Error::data_nul);
  EXPECT_EQ(put_data(draft, "\xff"), Error::data_not_utf8);
  EXPECT_EQ(put_data(draft, std::string(kDataBytesMax + 1, 'x')), Error::data_too_long);
  EXPECT_EQ(draft.data, "a\r\n\x1b\xc2\x85");
}

TEST(DraftCheck, KeysAreShortAndPlain) {
  Draft draft;
  EXPECT_FALSE(put_key(draft, std::string(kKeyBytesMax, 'k')));
  for (const std::string& key :
       {std::string(), std::string(kKeyBytesMax + 1, 'k'), std::string("a\nb"),
        std::string("\xc2\x85"), std::string("\xff")}) {
    EXPECT_EQ(put_key(draft, key), Error::no_key) << key;
  }
  EXPECT_EQ(draft.key.size(), kKeyBytesMax);
}

}  // namespace
}  // namespace gateway::broker
