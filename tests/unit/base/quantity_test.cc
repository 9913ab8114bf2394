#include "base/quantity.h"

#include <limits>
#include <string_view>

#include <gtest/gtest.h>

namespace gateway::base {
namespace {

TEST(Duration, ReadsWholeNumbersWithOneUnit) {
  EXPECT_EQ(parse_duration_ms("500ms"), 500U);
  EXPECT_EQ(parse_duration_ms("15s"), 15'000U);
  EXPECT_EQ(parse_duration_ms("5m"), 300'000U);
  EXPECT_EQ(parse_duration_ms("2h"), 7'200'000U);
  EXPECT_EQ(parse_duration_ms("0s"), 0U);
}

TEST(Duration, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      "15",
                                      "0",
                                      "s",
                                      "ms",
                                      "1.5s",
                                      "-1s",
                                      "+1s",
                                      " 1s",
                                      "1s ",
                                      "1 s",
                                      "1S",
                                      "1M",
                                      "1d",
                                      "1min",
                                      "1h30m",
                                      "1e3s",
                                      "0x1s",
                                      "18446744073709551616ms",
                                      "18446744073709551615s",
                                      "5124095576031h"}) {
    EXPECT_EQ(parse_duration_ms(text), std::nullopt) << text;
  }
}

TEST(Size, ReadsBytesAndBinaryUnits) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("1024"), 1024U);
  EXPECT_EQ(parse_size("64KiB"), 65'536U);
  EXPECT_EQ(parse_size("1MiB"), 1'048'576U);
  EXPECT_EQ(parse_size("3GiB"), 3'221'225'472U);
}

TEST(Size, RefusesEverythingElse) {
  for (const std::string_view text : {"", "KiB", "64KB", "64K", "64kib", "64 KiB", "1.5MiB", "-1",
                                      "1TiB", "1B", "17179869184GiB", "99999999999999999999"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(Quantity, FormatsInTheLargestExactUnit) {
  EXPECT_EQ(format_duration_ms(0), "0s");
  EXPECT_EQ(format_duration_ms(1'500), "1500ms");
  EXPECT_EQ(format_duration_ms(90'000), "90s");
  EXPECT_EQ(format_duration_ms(120'000), "2m");
  EXPECT_EQ(format_duration_ms(86'400'000), "24h");
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_size(1'000), "1000");
  EXPECT_EQ(format_size(1'536), "1536");
  EXPECT_EQ(format_size(1ULL << 21U), "2MiB");
  EXPECT_EQ(format_size(1ULL << 40U), "1024GiB");
}

TEST(Quantity, FormattedTextReadsBackAsItself) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t value : {0ULL, 1ULL, 999ULL, 1'000ULL, 59'999ULL, 60'000ULL, 1ULL << 20U,
                                    3'600'000ULL, (1ULL << 30U) + 1, 0ULL + kMax}) {
    EXPECT_EQ(parse_duration_ms(format_duration_ms(value)), value);
    EXPECT_EQ(parse_size(format_size(value)), value);
  }
}

}  // namespace
}  // namespace gateway::base
