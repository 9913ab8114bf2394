// Requests that two readers could see differently, and other malformed ones: each is refused
// through the handler with the status that belongs to it, nothing behind it is read, and the
// connection ends.
#include <chrono>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "support/h1_connection.h"

namespace gateway::http {
namespace {

using test::H1Connection;

struct Case {
  const char* name;
  int status;
  std::string raw;
};

std::string post(const std::string& fields, const std::string& body = "") {
  return "POST /events HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}
std::string chunked(const std::string& body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}
std::string get(const std::string& request_line, const std::string& fields = "Host: a\r\n") {
  return request_line + "\r\n" + fields + "\r\n";
}

const std::string kNul(1, '\0');

const Case kCases[] = {
    // Where the body ends (RFC 9112 §6).
    {"te_and_cl", 400, post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
    {"cl_and_te", 400, post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")},
    {"cl_twice_differing", 400, post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd")},
    {"cl_twice_same", 400, post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc")},
    {"cl_list", 400, post("Content-Length: 3, 3\r\n", "abc")},
    {"cl_plus", 400, post("Content-Length: +3\r\n", "abc")},
    {"cl_minus", 400, post("Content-Length: -3\r\n", "abc")},
    {"cl_hex", 400, post("Content-Length: 0x3\r\n", "abc")},
    {"cl_empty", 400, post("Content-Length: \r\n", "")},
    {"cl_words", 400, post("Content-Length: 3 3\r\n", "abc")},
    {"cl_fraction", 400, post("Content-Length: 3.0\r\n", "abc")},
    {"cl_overflow", 400, post("Content-Length: 18446744073709551617\r\n", "a")},
    {"te_on_http10", 400,
     "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"te_not_last", 400, post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n")},
    {"te_gzip_chunked", 400, post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")},
    {"te_twice", 400,
     post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
    {"te_two_fields", 400,
     post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
    {"te_list_twice", 400, post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")},
    {"te_xchunked", 400, post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")},
    {"te_identity", 400, post("Transfer-Encoding: identity\r\n", "")},
    {"te_quoted", 400, post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n")},
    {"te_comma", 400, post("Transfer-Encoding: ,chunked\r\n", "0\r\n\r\n")},
    {"te_parameter", 400, post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n")},
    {"te_empty", 400, post("Transfer-Encoding:\r\n", "")},
    {"te_vertical_tab", 400,
     post("Transfer-Encoding: \x0B"
          "chunked\r\n",
          "0\r\n\r\n")},
    {"te_name_space", 400, post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")},
    {"te_folded", 400, post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")},
    // Lines and field syntax (RFC 9112 §2.2, §5).
    {"bare_lf", 400, "GET / HTTP/1.1\nHost: a\n\n"},
    {"bare_lf_in_fields", 400, get("GET / HTTP/1.1", "Host: a\nX: b\r\n")},
    {"bare_lf_at_end", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
    {"bare_cr", 400, get("GET / HTTP/1.1", "Host: a\rX: b\r\n")},
    {"cr_cr_lf", 400, get("GET / HTTP/1.1", "Host: a\r\r\n")},
    {"obs_fold", 400, get("GET / HTTP/1.1", "Host: a\r\nX: b\r\n c\r\n")},
    {"obs_fold_tab", 400, get("GET / HTTP/1.1", "Host: a\r\nX: b\r\n\tc\r\n")},
    {"space_before_first_field", 400, get("GET / HTTP/1.1", " Host: a\r\n")},
    {"space_before_colon", 400, get("GET / HTTP/1.1", "Host : a\r\n")},
    {"tab_before_colon", 400, get("GET / HTTP/1.1", "Host\t: a\r\n")},
    {"space_in_name", 400, get("GET / HTTP/1.1", "Host: a\r\nX Y: b\r\n")},
    {"no_colon", 400, get("GET / HTTP/1.1", "Host: a\r\nnonsense\r\n")},
    {"empty_name", 400, get("GET / HTTP/1.1", "Host: a\r\n: b\r\n")},
    {"name_not_token", 400, get("GET / HTTP/1.1", "Host: a\r\nX(y): b\r\n")},
    {"name_utf8", 400, get("GET / HTTP/1.1", "Host: a\r\nX\xC3\xA9: b\r\n")},
    {"nul_in_value", 400, get("GET / HTTP/1.1", "Host: a\r\nX: b" + kNul + "c\r\n")},
    {"nul_in_name", 400, get("GET / HTTP/1.1", "Host: a\r\nX" + kNul + ": b\r\n")},
    {"control_in_value", 400, get("GET / HTTP/1.1", "Host: a\r\nX: \x01\r\n")},
    {"delete_in_value", 400, get("GET / HTTP/1.1", "Host: a\r\nX: \x7F\r\n")},
    // Host (RFC 9112 §3.2).
    {"no_host", 400, get("GET / HTTP/1.1", "")},
    {"two_hosts", 400, get("GET / HTTP/1.1", "Host: a\r\nHost: b\r\n")},
    {"two_same_hosts", 400, get("GET / HTTP/1.1", "Host: a\r\nHost: a\r\n")},
    {"host_list", 400, get("GET / HTTP/1.1", "Host: a b\r\n")},
    {"host_empty", 400, get("GET / HTTP/1.1", "Host:\r\n")},
    {"host_path", 400, get("GET / HTTP/1.1", "Host: a/b\r\n")},
    {"two_hosts_on_http10", 400, get("GET / HTTP/1.0", "Host: a\r\nHost: b\r\n")},
    {"absolute_without_host", 400, get("GET http://a/ HTTP/1.1", "")},
    // The request line (RFC 9112 §3).
    {"no_version", 400, get("GET /")},
    {"lower_case_version", 400, get("GET / http/1.1")},
    {"two_spaces", 400, get("GET  / HTTP/1.1")},
    {"space_in_target", 400, get("GET /a b HTTP/1.1")},
    {"space_at_end", 400, get("GET / HTTP/1.1 ")},
    {"tab_between", 400, get("GET\t/ HTTP/1.1")},
    {"space_at_begin", 400, get(" GET / HTTP/1.1")},
    {"no_method", 400, get("/ HTTP/1.1")},
    {"method_not_token", 400, get("G(T / HTTP/1.1")},
    {"relative_target", 400, get("GET events HTTP/1.1")},
    {"fragment", 400, get("GET /events#x HTTP/1.1")},
    {"other_scheme", 400, get("GET ftp://a/ HTTP/1.1")},
    {"asterisk_get", 400, get("GET * HTTP/1.1")},
    {"two_empty_lines_first", 400, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"tls_hello", 400, "\x16\x03\x01\x02"},
    {"http2_preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
    {"http12", 505, get("GET / HTTP/1.2")},
    {"http30", 505, get("GET / HTTP/3.0")},
    {"version_too_long", 400, get("GET / HTTP/1.10")},
    {"connect", 501, get("CONNECT a:443 HTTP/1.1", "Host: a:443\r\n")},
    {"authority_form", 400, get("GET a:443 HTTP/1.1")},
    {"other_expectation", 417, post("Expect: 200-ok\r\nContent-Length: 1\r\n", "a")},
    {"two_expectations", 417,
     post("Expect: 100-continue\r\nExpect: x\r\nContent-Length: 1\r\n", "a")},
    // Chunks (RFC 9112 §7.1).
    {"chunk_size_sign", 400, chunked("+5\r\nhello\r\n0\r\n\r\n")},
    {"chunk_size_0x", 400, chunked("0x5\r\nhello\r\n0\r\n\r\n")},
    {"chunk_size_space", 400, chunked("5 \r\nhello\r\n0\r\n\r\n")},
    {"chunk_size_space_before", 400, chunked(" 5\r\nhello\r\n0\r\n\r\n")},
    {"chunk_size_empty", 400, chunked("\r\nhello\r\n0\r\n\r\n")},
    {"chunk_size_overflow", 400, chunked("100000000000000005\r\nhello\r\n0\r\n\r\n")},
    {"chunk_bare_lf", 400, chunked("5\nhello\r\n0\r\n\r\n")},
    {"chunk_bare_cr", 400, chunked("5\rhello\r\n0\r\n\r\n")},
    {"chunk_too_long", 400, chunked("5\r\nhelloworld\r\n0\r\n\r\n")},
    {"chunk_lf_behind_data", 400, chunked("5\r\nhello\n0\r\n\r\n")},
    {"chunk_size_comma", 400, chunked("5,a\r\nhello\r\n0\r\n\r\n")},
    {"chunk_size_not_hex", 400, chunked("5g\r\nhello\r\n0\r\n\r\n")},
    {"chunk_cr_cr_lf", 400, chunked("5\r\r\nhello\r\n0\r\n\r\n")},
    {"chunk_extension_lf", 400, chunked("5;a=\"\n\"\r\nhello\r\n0\r\n\r\n")},
    {"chunk_extension_long", 400, chunked("5;a=" + std::string(9000, 'b'))},
    {"trailer_folded", 400, chunked("0\r\nX: a\r\n b\r\n\r\n")},
    {"trailer_bare_lf", 400, chunked("0\r\nX: a\n\r\n")},
    {"trailer_end_bare_lf", 400, chunked("0\r\n\n")},
    {"trailer_end_bare_cr", 400, chunked("0\r\n\rG")},
    {"trailer_space_before_colon", 400, chunked("0\r\nX : a\r\n\r\n")},
    {"trailer_empty_name", 400, chunked("0\r\n: a\r\n\r\n")},
    {"trailer_broken", 400, chunked("0\r\nno colon\r\n\r\n")},
    {"trailer_control", 400, chunked("0\r\nX: a\x01\r\n\r\n")},
    {"trailer_long", 400, chunked("0\r\nX: " + std::string(9000, 'b'))},
};

class H1Refusals : public ::testing::TestWithParam<Case> {};

TEST_P(H1Refusals, AnswersOnceAndCloses) {
  const Case& test = GetParam();
  // A second request behind it must not be served: its bytes are nobody's.
  const std::string behind = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  H1Connection connection;
  EXPECT_FALSE(connection.receive(test.raw + behind));
  const std::vector<test::H1Answer> answers = test::H1Client().read(connection.drain());

  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status, test.status) << answers[0].body;
  EXPECT_EQ(answers[0].field("connection"), "close");
  EXPECT_TRUE(answers[0].complete);
  EXPECT_FALSE(answers[0].body.empty());
  EXPECT_TRUE(connection.handler.requests.empty());
  ASSERT_EQ(connection.handler.refusals.size(), 1u);
  EXPECT_EQ(connection.handler.refusals[0].status, test.status);
  EXPECT_TRUE(connection.session().finished());
  EXPECT_FALSE(connection.receive(behind));
  EXPECT_EQ(connection.drain(), "");
  const bool counted = test.status == 400 || test.status == 505;
  EXPECT_EQ(connection.counters.protocol_errors.value(), counted ? 1u : 0u);
  EXPECT_EQ(connection.counters.exchanges_open.value(), 0);
}

TEST_P(H1Refusals, SaysTheSameByteByByte) {
  const Case& test = GetParam();
  H1Connection connection;
  bool alive = true;
  for (const char c : test.raw) {
    if (alive) alive = connection.receive({&c, 1});
    connection.drain(16);
  }
  // Some are only wrong once the head is whole; then the raw text ends it.
  EXPECT_FALSE(alive);
  const std::vector<test::H1Answer> answers = test::H1Client().read(connection.sent);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status, test.status);
  EXPECT_TRUE(connection.handler.requests.empty());
}

INSTANTIATE_TEST_SUITE_P(Table, H1Refusals, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(H1RefusalTest, ShowsTheHandlerWhatIsKnown) {
  H1Connection connection;
  connection.receive(
      "GET /events?boards=a HTTP/1.1\r\nHost: x, y\r\nOrigin: https://app.example\r\n\r\n");
  ASSERT_EQ(connection.handler.refused_requests.size(), 1u);
  const Request& request = connection.handler.refused_requests[0];
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/events");
  EXPECT_EQ(request.fields.get("origin"), "https://app.example");
  EXPECT_EQ(request.protocol, Protocol::http1);
  EXPECT_TRUE(request.tls);
}

/// What is known of the refused request, whose head comes in pieces of this size.
Request refused(const std::string& raw, std::size_t piece) {
  H1Connection connection;
  connection.options.url_bytes = 1000;
  connection.options.header_bytes = 1000;
  bool alive = true;
  for (std::size_t at = 0; alive && at < raw.size(); at += piece) {
    alive = connection.receive(std::string_view(raw).substr(at, piece));
  }
  connection.pass(std::chrono::seconds(10));
  EXPECT_EQ(connection.handler.refused_requests.size(), 1u) << raw;
  connection.drain();
  EXPECT_TRUE(connection.session().finished());
  return connection.handler.refused_requests.empty() ? Request{}
                                                     : connection.handler.refused_requests[0];
}

TEST(H1RefusalTest, AHeadThatIsNotReadShowsItsOriginAndNothingElse) {
  const std::string lines = "Host: a\r\nOrigin: https://app.example\r\nAuthorization: b\r\n";
  const std::string line = "POST /events HTTP/1.1\r\n";
  const std::string cases[] = {
      "GET /" + std::string(1100, 'a') + " HTTP/1.1\r\n" + lines + "\r\n",  // 414
      line + lines + "X: " + std::string(1100, 'a'),                        // 431
      line + lines + "X: \n",                                               // 400
      line + lines + "X: 1\r\n 2\r\n\r\n",                                  // 400
      line + lines + "Content-Le",                                          // 408
  };
  for (const std::string& raw : cases) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, raw.size()}) {
      const Request request = refused(raw, piece);
      EXPECT_EQ(request.fields.get("origin"), "https://app.example") << raw;
      EXPECT_EQ(request.fields.size(), 1u) << raw;
      EXPECT_EQ(request.method + request.path + request.authority, "") << raw;
    }
  }
}

TEST(H1RefusalTest, AnOriginBehindTheFaultOrTheHeadIsNobodys) {
  const std::string line = "POST /events HTTP/1.1\r\nHost: a\r\n";
  const std::string origin = "Origin: https://app.example\r\n";
  for (const std::string& raw : {
           line + "X: \n" + origin + "\r\n",
           line + "X: \x01\r\n" + origin + "\r\n",
           line + origin + "X: 1\r\n" + origin + "X: \n\r\n",
           line + "Transfer-Encoding: gzip\r\n\r\n" + "GET / HTTP/1.1\r\n" + origin + "\r\n",
           line + "Content-Length: 9999999\r\n\r\n" + "\r\n" + origin,
           line + "Transfer-Encoding: chunked\r\n\r\n" + origin,
       }) {
    EXPECT_FALSE(refused(raw, raw.size()).fields.has("origin")) << raw;
  }
}

TEST(H1RefusalTest, AnOriginBehindAMalformedLineIsSeen) {
  const Request request =
      refused("GET / HTTP/1.1\r\nHost : a\r\nOrigin: https://app.example\r\n\r\n", std::size_t{7});
  EXPECT_EQ(request.fields.get("origin"), "https://app.example");
}

TEST(H1RefusalTest, RefusesInTheMiddleOfAPipeline) {
  H1Connection connection;
  EXPECT_TRUE(
      connection.receive("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
                         "GET /2 HTTP/1.1\r\nHost : a\r\n\r\n"
                         "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n"));
  const std::vector<test::H1Answer> answers = test::H1Client().read(connection.drain());
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].status, 200);
  EXPECT_EQ(answers[0].field("connection"), "");
  EXPECT_EQ(answers[1].status, 400);
  EXPECT_EQ(answers[1].field("connection"), "close");
  EXPECT_TRUE(connection.session().finished());
  EXPECT_EQ(connection.handler.requests.size(), 1u);
}

}  // namespace
}  // namespace gateway::http
