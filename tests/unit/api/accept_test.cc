#include "api/accept.h"

#include <gtest/gtest.h>

namespace gateway::api {
namespace {

struct Case {
  std::string_view accept;
  bool accepts;
  bool names;
};

constexpr Case kCases[] = {
    {"", true, false},
    {"  ", true, false},
    {"*/*", true, false},
    {"text/*", true, false},
    {"text/event-stream", true, true},
    {"Text/Event-Stream", true, true},
    {"text/event-stream;charset=utf-8", true, true},
    {"text/html, text/event-stream;q=0.5", true, true},
    {"text/html,application/xhtml+xml,*/*;q=0.8", true, false},
    {"application/json", false, false},
    {"text/html", false, false},
    {"text/event-streams", false, false},
    {"text/event-stream;q=0", false, false},
    {"text/event-stream;q=0, */*", false, false},
    {"*/*, text/event-stream; q=0.000", false, false},
    {"text/*;q=0, */*", false, false},
    {"text/*;q=0, text/event-stream", true, true},
    {"*/*;q=0, text/*", true, false},
    {"*/*;q=0", false, false},
    {"text/event-stream;q=0.001", true, true},
    {"text/event-stream; Q=0.", false, false},
    {"text/event-stream;level=0;q=1", true, true},
    {"text/event-stream;q=0, text/event-stream", true, true},
    {"text/event-stream;q=00x", true, true},
    {",,", false, false},
};

TEST(Accept, MostSpecificRangeDecides) {
  for (const Case& c : kCases) {
    EXPECT_EQ(accepts_event_stream(c.accept), c.accepts) << '"' << c.accept << '"';
    EXPECT_EQ(names_event_stream(c.accept), c.names) << '"' << c.accept << '"';
  }
}

TEST(Accept, BrowsersNameHtml) {
  EXPECT_TRUE(names_html("text/html,application/xhtml+xml,*/*;q=0.8"));
  EXPECT_TRUE(names_html("application/xml, Text/HTML;q=0.9"));
  for (const char* other : {"", "*/*", "text/*", "text/html;q=0", "text/event-stream"}) {
    EXPECT_FALSE(names_html(other)) << other;
  }
}

}  // namespace
}  // namespace gateway::api
