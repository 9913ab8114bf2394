#include "broker/prefix_trie.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace gateway::broker {
namespace {

std::vector<int> walked(const PrefixTrie<int>& trie, std::string_view name) {
  std::vector<int> values;
  trie.walk(name, [&values](int value) {
    if (value != 0) values.push_back(value);
  });
  return values;
}

std::size_t nodes(const PrefixTrie<int>& trie) {
  std::size_t count = 0;
  trie.each({}, [&count](const std::string&, int) {
    ++count;
    return true;
  });
  return count;
}

TEST(PrefixTrie, FindsAllPrefixesShortestFirst) {
  PrefixTrie<int> trie;
  trie.at("team-") = 2;
  trie.at("") = 1;
  trie.at("team-\xC3\xA9") = 3;
  trie.at("x") = 4;
  EXPECT_EQ(walked(trie, "team-\xC3\xA9-1"), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(walked(trie, "team-"), (std::vector<int>{1, 2}));
  EXPECT_EQ(walked(trie, "team"), (std::vector<int>{1}));
}

constexpr auto kIsZero = [](int value) { return value == 0; };

TEST(PrefixTrie, PrunesOnlyWhatHoldsNothingAndLeadsNowhere) {
  PrefixTrie<int> trie;
  trie.at("ab") = 1;
  trie.at("abcd") = 2;
  EXPECT_EQ(nodes(trie), 3U) << "the root and one for each, not one for each byte";
  trie.at("ab") = 0;
  trie.prune("ab", kIsZero);
  EXPECT_EQ(walked(trie, "abcd"), (std::vector<int>{2}));
  EXPECT_EQ(nodes(trie), 2U) << "merged into the one it led to";
  trie.at("abcd") = 0;
  trie.prune("abcd", kIsZero);
  EXPECT_EQ(nodes(trie), 1U) << "the root";
  trie.at("ab") = 1;
  trie.at("abcd");
  trie.prune("abcd", kIsZero);
  EXPECT_EQ(nodes(trie), 2U) << "down to the node that holds something";
}

TEST(PrefixTrie, AWayThatPartsBecomesOneAgain) {
  PrefixTrie<int> trie;
  int& first = trie.at("team-a");
  first = 1;
  trie.at("team-b") = 2;
  EXPECT_EQ(nodes(trie), 4U) << "root, \"team-\", both";
  first = 3;
  EXPECT_EQ(walked(trie, "team-a1"), (std::vector<int>{3})) << "a split moves no value";
  trie.at("team-b") = 0;
  trie.prune("team-b", kIsZero);
  EXPECT_EQ(nodes(trie), 2U);
  first = 4;
  EXPECT_EQ(walked(trie, "team-a"), (std::vector<int>{4})) << "nor does a merge";
  EXPECT_EQ(walked(trie, "team-"), (std::vector<int>{}));
}

TEST(PrefixTrie, VisitsInTheOrderOfBytes) {
  PrefixTrie<int> trie;
  for (const char* prefix : {"\xC3\xA9", "b", "a\xFF", "a", "~", "a!"}) trie.at(prefix) = 1;
  std::vector<std::string> order;
  trie.each({}, [&order](const std::string& prefix, int value) {
    if (value != 0) order.push_back(prefix);
    return true;
  });
  EXPECT_EQ(order, (std::vector<std::string>{"a", "a!", "a\xFF", "b", "~", "\xC3\xA9"}));
}

// A map of whole prefixes is the model. Two letters and short names: splits and merges all the
// time.
class Against {
 public:
  explicit Against(std::uint64_t seed) : random_(seed) {}

  void step() {
    const std::string prefix = name(6);
    const std::uint64_t what = random_.below(10);
    if (what < 5) {
      const int value = 1 + static_cast<int>(random_.below(1'000));
      trie_.at(prefix) = model_[prefix] = value;
    } else if (what < 9 && !model_.empty()) {
      const auto found = model_.lower_bound(prefix);
      const auto one = found == model_.end() ? model_.begin() : found;
      trie_.at(one->first) = 0;
      trie_.prune(one->first, kIsZero);
      model_.erase(one);
    } else {
      trie_.prune(prefix, kIsZero);  // there or not: what holds something stays
    }
  }

  void check() {
    const std::string along = name(9);
    std::vector<int> values;
    for (std::size_t length = 0; length <= along.size(); ++length) {
      const auto found = model_.find(along.substr(0, length));
      if (found != model_.end()) values.push_back(found->second);
    }
    EXPECT_EQ(walked(trie_, along), values) << along;
    const int* const found = trie_.find(along);
    const auto wanted = model_.find(along);
    EXPECT_EQ(found == nullptr ? 0 : *found, wanted == model_.end() ? 0 : wanted->second) << along;
    EXPECT_EQ(each({}, SIZE_MAX), All(model_.begin(), model_.end()));
    const std::string from = name(6);
    const std::size_t most = 1 + random_.below(4);
    All some(model_.lower_bound(from), model_.end());
    some.resize(std::min(some.size(), most));
    EXPECT_EQ(each(from, most), some) << from;
    EXPECT_LE(nodes(trie_), 1 + 2 * model_.size());
  }

 private:
  using All = std::vector<std::pair<std::string, int>>;

  All each(std::string_view from, std::size_t most) const {
    All all;
    trie_.each(from, [&all, most](const std::string& prefix, int value) {
      if (value != 0) all.emplace_back(prefix, value);
      return all.size() < most;
    });
    return all;
  }
  std::string name(std::size_t length_max) {
    std::string made(random_.below(length_max + 1), 'a');
    for (char& c : made) c = random_.below(3) == 0 ? '\xE9' : c;
    return made;
  }

  base::SeededRandom random_;
  PrefixTrie<int> trie_;
  std::map<std::string, int> model_;
};

TEST(PrefixTrie, DoesWhatAMapOfPrefixesDoes) {
  for (std::uint64_t seed = 1; seed <= 100 && !::testing::Test::HasFailure(); ++seed) {
    Against against(seed);
    for (int i = 0; i < 400 && !::testing::Test::HasFailure(); ++i) {
      against.step();
      against.check();
    }
  }
}

}  // namespace
}  // namespace gateway::broker
