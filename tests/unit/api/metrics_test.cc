#include "api/metrics.h"

#include <gtest/gtest.h>

namespace gateway::api {
namespace {

TEST(Metrics, CellsOfOneNameAndLabelsAreSummed) {
  base::Counter first;
  base::Counter second;
  base::Counter other;
  Metrics metrics;
  const Metrics::Labels h2 = {{"protocol", "h2"}, {"kind", "a"}};
  const Metrics::Labels h2_in_another_order = {{"kind", "a"}, {"protocol", "h2"}};
  metrics.counter("boardcast_requests_total", "Requests.", h2, first);
  metrics.counter("boardcast_requests_total", "Requests.", h2_in_another_order, second);
  metrics.counter("boardcast_requests_total", "Requests.", {{"protocol", "http/1.1"}}, other);
  first.add(40);
  second.add(2);
  other.add(7);
  EXPECT_EQ(metrics.text(),
            "# HELP boardcast_requests_total Requests.\n"
            "# TYPE boardcast_requests_total counter\n"
            "boardcast_requests_total{kind=\"a\",protocol=\"h2\"} 42\n"
            "boardcast_requests_total{protocol=\"http/1.1\"} 7\n");
  first.add();
  EXPECT_NE(metrics.text().find("protocol=\"h2\"} 43\n"), std::string::npos);
}

TEST(Metrics, FamiliesAreSortedAndReadersAreAskedAtEachScrape) {
  base::Gauge open;
  double uptime = 1.5;
  double dropped = 0;
  Metrics metrics;
  metrics.gauge("boardcast_uptime_seconds", "Age.", [&uptime] { return uptime; });
  metrics.counter("boardcast_dropped_total", "Lines.", [&dropped] { return dropped; });
  metrics.gauge("boardcast_open_streams", "Open.", {}, open);
  open.add(-3);
  uptime = 2.25;
  dropped = 9007199254740991;  // 2^53 - 1: every digit is told
  EXPECT_EQ(metrics.text(),
            "# HELP boardcast_dropped_total Lines.\n"
            "# TYPE boardcast_dropped_total counter\n"
            "boardcast_dropped_total 9007199254740991\n"
            "# HELP boardcast_open_streams Open.\n"
            "# TYPE boardcast_open_streams gauge\n"
            "boardcast_open_streams -3\n"
            "# HELP boardcast_uptime_seconds Age.\n"
            "# TYPE boardcast_uptime_seconds gauge\n"
            "boardcast_uptime_seconds 2.25\n");
}

TEST(Metrics, LabelValuesAreEscaped) {
  base::Gauge cell;
  Metrics metrics;
  metrics.gauge("boardcast_info", "Info.", {{"text", "a\"b\\c\nd"}}, cell);
  EXPECT_NE(metrics.text().find("{text=\"a\\\"b\\\\c\\nd\"} 0\n"), std::string::npos)
      << metrics.text();
}

TEST(Metrics, AnInfoIsOneWithLabels) {
  Metrics metrics;
  metrics.info("boardcast_build_info", "Help.", {{"version", "1.2"}, {"commit", "abc"}});
  EXPECT_NE(metrics.text().find("\nboardcast_build_info{commit=\"abc\",version=\"1.2\"} 1\n"),
            std::string::npos);
}

TEST(Metrics, NothingRegisteredIsNoText) { EXPECT_EQ(Metrics().text(), ""); }

TEST(MetricsDeath, NamesAreChecked) {
  const base::Counter counter;
  const base::Gauge gauge;
  const auto add_counter = [&counter](const char* name, const Metrics::Labels& labels) {
    Metrics().counter(name, "Help.", labels, counter);
  };
  EXPECT_DEATH(add_counter("requests_total", {}), "requests_total");
  EXPECT_DEATH(add_counter("boardcast_requests", {}), "boardcast_requests");
  EXPECT_DEATH(add_counter("boardcast_Requests_total", {}), "boardcast_Requests_total");
  EXPECT_DEATH(add_counter("boardcast_a-b_total", {}), "boardcast_a-b_total");
  EXPECT_DEATH(add_counter("boardcast_a_total", {{"", "x"}}), "check failed");
  EXPECT_DEATH(add_counter("boardcast_a_total", {{"a b", "x"}}), "a b");
  EXPECT_DEATH(add_counter("boardcast_a_total", {{"a", "x"}, {"a", "y"}}), "check failed");
  EXPECT_DEATH(Metrics().gauge("boardcast_open_total", "Help.", {}, gauge), "open_total");
  EXPECT_DEATH(Metrics().gauge("boardcast_open", "two\nlines", {}, gauge), "boardcast_open");
  EXPECT_DEATH(Metrics().gauge("boardcast_open", "", {}, gauge), "boardcast_open");
}

TEST(MetricsDeath, OneNameHasOneHelpAndType) {
  const base::Counter counter;
  Metrics metrics;
  metrics.counter("boardcast_a_total", "Help.", {}, counter);
  EXPECT_DEATH(metrics.counter("boardcast_a_total", "Other help.", {}, counter), "a_total");
}

}  // namespace
}  // namespace gateway::api
