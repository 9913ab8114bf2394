#include "base/text.h"

#include <array>

#include <gtest/gtest.h>

namespace gateway::base {
namespace {

using namespace std::string_view_literals;

// Unicode 15, table 3-7, at the edges of each row.
TEST(Text, Utf8AcceptsTheEdgesOfEachRow) {
  for (const std::string_view good :
       {""sv, "\0"sv, "\x7F"sv, "\xC2\x80"sv, "\xDF\xBF"sv, "\xE0\xA0\x80"sv, "\xE1\x80\x80"sv,
        "\xEC\xBF\xBF"sv, "\xED\x80\x80"sv, "\xED\x9F\xBF"sv, "\xEE\x80\x80"sv, "\xEF\xBF\xBF"sv,
        "\xF0\x90\x80\x80"sv, "\xF1\x80\x80\x80"sv, "\xF3\xBF\xBF\xBF"sv, "\xF4\x8F\xBF\xBF"sv,
        "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"sv}) {
    EXPECT_TRUE(is_utf8(good)) << testing::PrintToString(good);
  }
}

TEST(Text, Utf8RefusesOverlongSurrogatesAndCuts) {
  for (const std::string_view bad :
       {"\x80"sv, "\xBF"sv, "\xC0\x80"sv, "\xC1\xBF"sv, "\xC2"sv, "\xC2\x7F"sv, "\xC2\xC0"sv,
        "\xE0\x9F\xBF"sv, "\xED\xA0\x80"sv, "\xED\xBF\xBF"sv, "\xE1\x80"sv, "\xE1\x80\x7F"sv,
        "\xF0\x8F\xBF\xBF"sv, "\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv, "\xFF"sv,
        "\xF1\x80\x80"sv, "ok\xC3"sv}) {
    EXPECT_FALSE(is_utf8(bad)) << testing::PrintToString(bad);
  }
}

TEST(Text, Utf8SequenceSaysTheLength) {
  EXPECT_EQ(utf8_sequence(""), 0U);
  EXPECT_EQ(utf8_sequence("ab"), 1U);
  EXPECT_EQ(utf8_sequence("\xC3\xA9x"), 2U);
  EXPECT_EQ(utf8_sequence("\xE2\x82\xACx"), 3U);
  EXPECT_EQ(utf8_sequence("\xF0\x9F\x98\x80x"), 4U);
  EXPECT_EQ(utf8_sequence("\xFFx"), 0U);
}

TEST(Text, ControlsAreC0AndDel) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    EXPECT_EQ(has_control(text), byte < 0x20 || byte == 0x7F) << byte;
  }
}

TEST(Text, C1ControlsAreTwoBytes) {
  for (int byte = 0x80; byte < 0xC0; ++byte) {
    const std::string text = std::string("a\xC2") + static_cast<char>(byte) + "b";
    EXPECT_EQ(has_c1_control(text), byte < 0xA0) << byte;
  }
  EXPECT_FALSE(has_c1_control("")) << "nothing";
  EXPECT_FALSE(has_c1_control("\xC2")) << "cut";
  EXPECT_FALSE(has_c1_control("\xC3\x80\xE0\xA4\x85"));
}

TEST(Text, AnyControlIsOneOfEitherKind) {
  EXPECT_TRUE(has_any_control("a\x1B"));
  EXPECT_TRUE(has_any_control("a\x7F"));
  EXPECT_TRUE(has_any_control("a\xC2\x9B"));
  EXPECT_FALSE(has_any_control("a\xC2\xA0"));
}

TEST(Text, AsciiCaseLeavesOtherBytesAlone) {
  EXPECT_EQ(ascii_lower("AZaz09\xC3\x89[@"), "azaz09\xC3\x89[@");
  EXPECT_TRUE(ascii_equal_ignore_case("Content-Type", "content-TYPE"));
  EXPECT_FALSE(ascii_equal_ignore_case("a", "ab"));
  EXPECT_FALSE(ascii_equal_ignore_case("@", "`")) << "not letters, though a bit apart";
}

TEST(Text, TrimTakesSpacesAndTabsOnly) {
  EXPECT_EQ(trim_ows(" \ta b\t "), "a b");
  EXPECT_EQ(trim_ows("\n"), "\n");
  EXPECT_EQ(trim_ows(" \t"), "");
  EXPECT_EQ(trim_ows(""), "");
}

TEST(Text, DecimalIsDigitsOfAllTheText) {
  EXPECT_EQ(parse_decimal("0"), 0U);
  EXPECT_EQ(parse_decimal("007"), 7U);
  EXPECT_EQ(parse_decimal("18446744073709551615"), UINT64_MAX);
  for (const std::string_view bad :
       {"", "-1", "+1", " 1", "1 ", "1x", "0x1", "18446744073709551616", "99999999999999999999"}) {
    EXPECT_FALSE(parse_decimal(bad)) << bad;
  }
}

TEST(Text, TakesOffTheFrontWhatStandsBeforeAnEnd) {
  std::string_view rest = "12 3: x";
  EXPECT_EQ(take_decimal(rest, ' '), 12U);
  EXPECT_EQ(take_until(rest, ':'), "3");
  EXPECT_EQ(rest, " x");
  EXPECT_FALSE(take_until(rest, ':'));
  EXPECT_EQ(rest, " x") << "as it was";
  EXPECT_EQ(take_until(rest, ' '), "");
  EXPECT_FALSE(take_decimal(rest, 'x'));
}

TEST(Text, SplitKeepsEmptyPieces) {
  EXPECT_EQ(split("", ','), std::vector<std::string_view>{""});
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
}

std::vector<std::pair<std::string, std::string>> form(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const auto fields = parse_form(text, 100);
  for (const FormField& field : fields.value()) pairs.emplace_back(field.name, field.value);
  return pairs;
}

TEST(Text, FormDecodingFollowsWhatwg) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(form(""), Pairs{});
  EXPECT_EQ(form("&&"), Pairs{});
  EXPECT_EQ(form("a=1&b=2"), (Pairs{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(form("a"), (Pairs{{"a", ""}}));
  EXPECT_EQ(form("=v"), (Pairs{{"", "v"}}));
  EXPECT_EQ(form("a=b=c"), (Pairs{{"a", "b=c"}}));
  EXPECT_EQ(form("a+b=c+d%2B"), (Pairs{{"a b", "c d+"}}));
  EXPECT_EQ(form("%41%c3%A9=%26%3D"), (Pairs{{"A\xC3\xA9", "&="}}));
  EXPECT_EQ(form("a=%&b=%4&c=%zz&d=%4g"),
            (Pairs{{"a", "%"}, {"b", "%4"}, {"c", "%zz"}, {"d", "%4g"}}));
  EXPECT_EQ(form("a=%00"), (Pairs{{"a", std::string(1, '\0')}}));
  EXPECT_FALSE(parse_form("a&b&c", 2));
  EXPECT_TRUE(parse_form("a&&b&", 2)) << "empty sequences do not count";
  EXPECT_EQ(form(std::string(1024 * std::size_t{1024}, '&') + "a=1&"), (Pairs{{"a", "1"}}));
}

TEST(Text, NearestFindsASlipAndNothingElse) {
  constexpr std::array<std::string_view, 4> words = {"listen", "workers", "drain", "hosts"};
  EXPECT_EQ(nearest("lisen", words), "listen");
  EXPECT_EQ(nearest("wrokers", words), "workers");
  EXPECT_EQ(nearest("host", words), "hosts");
  EXPECT_EQ(nearest("drain", words), "drain");
  EXPECT_EQ(nearest("certificates", words), "");
  EXPECT_EQ(nearest("x", std::span<const std::string_view>{}), "");
}

TEST(Text, JsonStringsEscapeWhatMustBe) {
  EXPECT_EQ(json_string("plain \xC3\xA9"), "\"plain \xC3\xA9\"");
  EXPECT_EQ(json_string("\"\\\n\r\t"), R"("\"\\\n\r\t")");
  EXPECT_EQ(json_string("\0\x1f\x7f"sv), R"("\u0000\u001f\u007f")");
}

}  // namespace
}  // namespace gateway::base
