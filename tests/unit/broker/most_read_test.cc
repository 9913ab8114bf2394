// The names that most streams read, while streams come and go.
#include <memory>
#include <string>
#include <vector>

#include "unit/broker/hub_fixture.h"

namespace gateway::broker {
namespace {

using Counts = std::vector<NameCount>;

class MostReadTest : public HubTest {
 protected:
  void read(const std::vector<std::string>& names) {
    streams_.push_back(std::make_unique<Stream>(hub_, settings(names)));
  }
  /// So many boards, or patterns with `mark` "*", that nobody else reads, 200 to a stream.
  void read_made_up(std::size_t count, const std::string& mark = {}) {
    while (count > 0) {
      std::vector<std::string> names;
      for (; count > 0 && names.size() < 200; --count) {
        names.push_back(std::to_string(next_++) + mark);
      }
      read(names);
    }
  }
  std::vector<std::unique_ptr<Stream>> streams_;
  std::size_t next_ = 1'000'000;
};

TEST_F(MostReadTest, OfNothingIsNothing) {
  MostRead search = hub_.most_read(5);
  EXPECT_FALSE(search.go_on());
  EXPECT_EQ(search.take(), Counts{});
}

TEST_F(MostReadTest, LooksAtABoundedNumberOfBoardsAtATime) {
  read_made_up(3 * MostRead::kBuckets);
  for (int n = 0; n < 3; ++n) read({"x-*", "real"});
  read({"real"});
  MostRead search = hub_.most_read(3);
  int parts = 1;
  while (search.go_on()) ++parts;
  EXPECT_GE(parts, 3);
  EXPECT_EQ(search.take(), (Counts{{"real", 4}, {"x-*", 3}, {"1000000", 1}}));
}

TEST_F(MostReadTest, LooksAtABoundedNumberOfPatternsAtATime) {
  read_made_up(3 * MostRead::kBuckets, "*");
  for (int n = 0; n < 3; ++n) read({"*", "1*", "x*", "board"});
  MostRead search = hub_.most_read(5);
  int parts = 1;
  for (; search.go_on(); ++parts) {
    if (parts > 1) continue;
    const auto next = streams_.begin() + MostRead::kBuckets / 200;  // reads the next one
    streams_.erase(next - 2, next + 6);
    read({"y*"});
  }
  EXPECT_EQ(parts, 3);
  const Counts counts = search.take();
  ASSERT_EQ(counts.size(), 5u);
  EXPECT_EQ(Counts(counts.begin(), counts.begin() + 4),
            (Counts{{"*", 3}, {"1*", 3}, {"board", 3}, {"x*", 3}}));
}

TEST_F(MostReadTest, MeetsEachNameOnceThoughOthersComeAndGo) {
  for (int n = 0; n < 2; ++n) read({"stays"});
  read_made_up(2 * MostRead::kBuckets);
  MostRead search = hub_.most_read(2);
  ASSERT_TRUE(search.go_on());
  streams_.resize(10);  // most of them leave …
  ASSERT_TRUE(search.go_on());
  read_made_up(20 * MostRead::kBuckets);  // … and more come than there was room for
  for (int n = 0; n < 3; ++n) read({"new"});
  int parts = 1;
  while (search.go_on()) ++parts;
  EXPECT_GE(parts, 20) << "anew";
  EXPECT_EQ(search.take(), (Counts{{"new", 3}, {"stays", 2}}));
}

}  // namespace
}  // namespace gateway::broker
