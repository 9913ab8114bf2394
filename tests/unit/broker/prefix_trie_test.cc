#include "broker/prefix_trie.h"

#include <vector>

#include <gtest/gtest.h>

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
  trie.each([&count](const std::string&, int) { ++count; });
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

TEST(PrefixTrie, PrunesOnlyWhatHoldsNothingAndLeadsNowhere) {
  PrefixTrie<int> trie;
  const auto is_empty = [](int value) { return value == 0; };
  trie.at("ab") = 1;
  trie.at("abcd") = 2;
  EXPECT_EQ(nodes(trie), 5U);
  trie.at("ab") = 0;
  trie.prune("ab", is_empty);
  EXPECT_EQ(walked(trie, "abcd"), (std::vector<int>{2}));
  trie.at("abcd") = 0;
  trie.prune("abcd", is_empty);
  EXPECT_EQ(nodes(trie), 1U) << "the root";
  trie.at("ab") = 1;
  trie.at("abcd");
  trie.prune("abcd", is_empty);
  EXPECT_EQ(nodes(trie), 3U) << "down to the node that holds something";
}

}  // namespace
}  // namespace gateway::broker
