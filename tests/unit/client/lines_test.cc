#include "client/lines.h"

#include <vector>

#include <gmock/gmock.h>

namespace gateway::client {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines_of(std::string_view text, std::size_t piece) {
  Lines lines(1000);
  std::vector<std::string> found;
  const auto drain = [&] {
    while (const auto line = lines.next()) found.emplace_back(*line);
  };
  for (std::size_t at = 0; at < text.size(); at += piece) {
    lines.feed(text.substr(at, piece));
    drain();
  }
  lines.end();
  drain();
  return found;
}

TEST(Lines, EndWithLfOrCrLfAndTheLastWithNothing) {
  for (const std::size_t piece : {1U, 2U, 3U, 100U}) {
    EXPECT_THAT(lines_of("one\ntwo\r\n\n\r\na\rb\nlast", piece),
                ElementsAre("one", "two", "", "", "a\rb", "last"));
    EXPECT_THAT(lines_of("one\n", piece), ElementsAre("one"));
    EXPECT_THAT(lines_of("", piece), ElementsAre());
  }
}

TEST(Lines, HalfALineWaits) {
  Lines lines(1000);
  lines.feed("one\ntw");
  EXPECT_EQ(lines.next(), "one");
  EXPECT_EQ(lines.next(), std::nullopt);
  lines.feed("o\n");
  EXPECT_EQ(lines.next(), "two");
}

TEST(Lines, WhatWaitsIsBounded) {
  Lines lines(4);
  lines.feed("1234567\n1234");
  EXPECT_EQ(lines.next(), "1234567") << "a whole line is there to be refused by name";
  EXPECT_EQ(lines.next(), std::nullopt);
  EXPECT_FALSE(lines.too_long());
  lines.feed("5");
  EXPECT_TRUE(lines.too_long());
}

}  // namespace
}  // namespace gateway::client
