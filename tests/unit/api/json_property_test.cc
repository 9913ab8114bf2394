// Random JSON values, written with random white space, come out of a publication as they went in
// less that white space; random text comes out as it was.

#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "api/json_publish.h"
#include "api/text_publish.h"
#include "base/text.h"

namespace gateway::api {
namespace {

constexpr PublishLimits kLimits{10'000, 64};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

  std::string space() {
    std::string out;
    while (below(3) == 0) out += " \t\r\n"[below(4)];
    return out;
  }

  /// A value with white space around all its tokens.
  std::string value(std::size_t depth) {
    const std::size_t kinds = depth == 0 ? 3 : 5;
    std::string out = space();
    switch (below(kinds)) {
      case 0:
        out += number();
        break;
      case 1:
        out += string();
        break;
      case 2:
        out += pick({"true", "false", "null"});
        break;
      case 3:
        out += array(depth);
        break;
      default:
        out += object(depth);
        break;
    }
    return out + space();
  }

  std::string array(std::size_t depth) {
    std::string out = "[";
    const std::size_t size = below(5);
    for (std::size_t i = 0; i < size; ++i) out += (i == 0 ? "" : ",") + value(depth - 1);
    return out + space() + "]";
  }

  std::string object(std::size_t depth) {
    std::string out = "{";
    const std::size_t size = below(5);
    for (std::size_t i = 0; i < size; ++i) {
      std::string name = string();
      name.insert(1, std::to_string(i) + "_");  // distinct
      out += (i == 0 ? "" : ",") + space() + name + space() + ":" + value(depth - 1);
    }
    return out + space() + "}";
  }

  std::string number() {
    std::string out = below(2) == 0 ? "-" : "";
    out += below(4) == 0 ? "0" : std::to_string(1 + below(9)) + digits(below(45));
    if (below(3) == 0) out += "." + digits(1 + below(30));
    if (below(3) == 0) out += pick({"e", "E", "e+", "E-", "e-", "E+"}) + digits(1 + below(6));
    return out;
  }

  std::string digits(std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += static_cast<char>('0' + below(10));
    return out;
  }

  std::string string() {
    std::string out = "\"";
    const std::size_t size = below(12);
    for (std::size_t i = 0; i < size; ++i) {
      out += pick({" ",
                   "  ",
                   "a",
                   ",",
                   ":",
                   "[",
                   "]",
                   "{",
                   "}",
                   "1",
                   "-",
                   "é",
                   "€",
                   "😀",
                   "\\\"",
                   "\\\\",
                   "\\/",
                   "/",
                   "\\b",
                   "\\n",
                   "\\u0000",
                   "\\u00e9",
                   "\\uD83D\\uDE00",
                   "\\u2028",
                   "\x7F"});
    }
    return out + "\"";
  }

  std::string text() {
    std::string out;
    const std::size_t size = below(40);
    for (std::size_t i = 0; i < size; ++i) {
      out += pick({" ",   "a",      "\r",   "\n", "\r\n", "\n\n",   "data: ", "id: 1",
                   ":",   "\uFEFF", "é",    "€",  "😀",    "\t",     "&",      "=",
                   "%41", "+",      "\x01", "\\", "\"",   "\u2028", "\u0085"});
    }
    return out;
  }

 private:
  std::string pick(std::initializer_list<std::string_view> from) {
    return std::string(*(from.begin() + below(from.size())));
  }

  std::mt19937_64 random_;
};

/// The independent judge: knows of JSON only where strings begin and end.
std::string without_space(std::string_view json) {
  std::string out;
  for (std::size_t i = 0; i < json.size();) {
    std::size_t length = 1;
    if (json[i] == '"') {
      while (json[i + length] != '"') length += json[i + length] == '\\' ? 2U : 1U;
      ++length;
    }
    const std::string_view piece = json.substr(i, length);
    if (piece.find_first_not_of(" \t\r\n") != std::string_view::npos) out += piece;
    i += length;
  }
  return out;
}

TEST(JsonProperty, JudgeRemovesWhiteSpaceBetweenTokensOnly) {
  EXPECT_EQ(without_space(" [ 1 , \" a\\\" b \\\\\" ,\r\n\t{ } ] "), "[1,\" a\\\" b \\\\\",{}]");
}

class JsonProperty : public testing::TestWithParam<std::uint64_t> {};

TEST_P(JsonProperty, DataComesOutAsItWentIn) {
  Generator generate(GetParam());
  for (int round = 0; round < 300; ++round) {
    const std::string data = generate.value(1 + generate.below(7));
    const std::string expected = without_space(data);
    if (expected.front() == '"') continue;
    const std::string event = generate.space() + "{" + generate.space() + "\"data\"" +
                              generate.space() + ":" + data + "," + generate.space() +
                              "\"board\":\"b\"}" + generate.space();
    const Reading single = read_json_publication(event, kLimits);
    ASSERT_TRUE(single.ok()) << single.error().detail << "\n" << event;
    EXPECT_EQ(single->drafts[0].data, expected);
    EXPECT_TRUE(single->drafts[0].data_is_json);

    const Reading batch = read_json_publication("[" + event + "," + event + "]", kLimits);
    ASSERT_TRUE(batch.ok()) << batch.error().detail << "\n" << event;
    ASSERT_EQ(batch->drafts.size(), 2U);
    EXPECT_EQ(batch->drafts[1].data, expected);
  }
}

TEST_P(JsonProperty, TextComesOutAsItWentIn) {
  Generator generate(GetParam());
  for (int round = 0; round < 300; ++round) {
    const std::string text = generate.text();
    const Reading json =
        read_json_publication(R"({"board":"b","data":)" + base::json_string(text) + "}", kLimits);
    ASSERT_TRUE(json.ok()) << json.error().detail;
    EXPECT_EQ(json->drafts[0].data, text);
    EXPECT_FALSE(json->drafts[0].data_is_json);

    const Reading plain = read_text_publication("board=b", text);
    ASSERT_TRUE(plain.ok()) << plain.error().detail;
    EXPECT_EQ(plain->drafts[0].data, text);
    const Reading form = read_form_publication("board=b", text);
    ASSERT_TRUE(form.ok()) << form.error().detail;
    EXPECT_EQ(form->drafts[0].data, text);
  }
}

TEST_P(JsonProperty, DamagedTextsAreRefusedOrReadNeverWorse) {
  Generator generate(GetParam());
  int refused = 0;
  for (int round = 0; round < 500; ++round) {
    std::string event = "{\"board\":\"b\",\"data\":" + generate.value(4) + "}";
    const std::size_t at = generate.below(event.size());
    switch (generate.below(3)) {
      case 0:
        event.erase(at, 1);
        break;
      case 1:
        event.insert(at, 1, "{}[],:\"\\0-1 x"[generate.below(13)]);
        break;
      default:
        event.resize(at);
        break;
    }
    const Reading reading = read_json_publication(event, kLimits);
    if (!reading) {
      ++refused;
      EXPECT_EQ(reading.error().status, 400);
      EXPECT_FALSE(reading.error().detail.empty());
    } else if (reading->drafts[0].data_is_json) {
      // What was read is JSON: it can be published again and stays the same.
      const std::string again = "{\"board\":\"b\",\"data\":" + reading->drafts[0].data + "}";
      const Reading second = read_json_publication(again, kLimits);
      ASSERT_TRUE(second.ok()) << again;
      EXPECT_EQ(second->drafts[0].data, reading->drafts[0].data);
    }
  }
  EXPECT_GT(refused, 100);
}

INSTANTIATE_TEST_SUITE_P(Seeds, JsonProperty, testing::Range(std::uint64_t{1}, std::uint64_t{9}));

}  // namespace
}  // namespace gateway::api
