// Responses whose body is pulled: chunked, until close, woken, ended, aborted, in any room.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "http/h1_writer.h"
#include "support/fake_source.h"
#include "support/h1_connection.h"

namespace gateway::http {
namespace {

using test::FakeSource;
using test::Feed;
using test::H1Answer;
using test::H1Connection;

/// Every request is answered from `feed`.
class H1StreamTest : public ::testing::Test {
 protected:
  H1StreamTest() {
    connection_.handler.on_handle = [this](Exchange& exchange) {
      Response head{200, {}, ""};
      head.fields.add("content-type", "text/event-stream");
      exchange.respond_stream(std::move(head), std::make_unique<FakeSource>(feed_));
    };
  }
  Exchange& exchange() { return *connection_.handler.exchanges.back().get(); }
  H1Answer answer() { return test::H1Client().read(connection_.sent).at(0); }

  Feed feed_;  // outlives the session
  H1Connection connection_;
  const std::string get_ = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";
};

TEST_F(H1StreamTest, SendsTheHeadAtOnce) {
  connection_.receive(get_);
  EXPECT_EQ(connection_.drain(),
            "HTTP/1.1 200 OK\r\n"
            "content-type: text/event-stream\r\n"
            "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "transfer-encoding: chunked\r\n"
            "\r\n");
  EXPECT_EQ(connection_.session().open_exchanges(), 1u);
  EXPECT_EQ(connection_.session().deadline(), std::nullopt);
}

TEST_F(H1StreamTest, SendsWhatComesLaterAndEnds) {
  connection_.receive(get_);
  connection_.drain();
  feed_.bytes = "data: 1\n\n";
  const std::size_t calls = connection_.output_calls;
  exchange().wake();
  EXPECT_EQ(connection_.output_calls, calls + 1);
  EXPECT_EQ(connection_.drain(), "9\r\ndata: 1\n\n\r\n");
  EXPECT_EQ(connection_.drain(), "");
  feed_.bytes = "data: 23456\n\n123";
  feed_.end = true;
  EXPECT_EQ(connection_.drain(), "10\r\ndata: 23456\n\n123\r\n0\r\n\r\n");
  EXPECT_TRUE(feed_.destroyed);
  EXPECT_EQ(connection_.session().open_exchanges(), 0u);
  EXPECT_FALSE(connection_.session().finished()) << "keep-alive";
  EXPECT_TRUE(answer().complete);
}

TEST_F(H1StreamTest, EndsWithoutAByte) {
  feed_.end = true;
  connection_.receive(get_);
  connection_.drain();
  EXPECT_EQ(answer().body, "");
  EXPECT_TRUE(answer().complete);
}

TEST_F(H1StreamTest, AsksForNoMoreThanThereIsRoomFor) {
  connection_.receive(get_);
  connection_.drain();
  feed_.bytes = std::string(100'000, 'x');
  std::vector<char> buffer(16'384);
  EXPECT_EQ(connection_.session().send(buffer.data(), buffer.size()), buffer.size());
  EXPECT_EQ(feed_.largest, buffer.size() - 8) << "four digits and two line ends";
}

TEST_F(H1StreamTest, FitsAnyRoom) {
  base::SeededRandom random(1);
  std::string all;
  for (int i = 0; i < 5'000; ++i) all += static_cast<char>(random.next());
  for (const std::size_t room : {6u, 7u, 20u, 21u, 22u, 261u, 262u, 263u, 1024u, 4100u, 16'384u}) {
    Feed feed;
    H1Connection connection;
    connection.handler.on_handle = [&](Exchange& exchange) {
      exchange.respond_stream({200, {}, ""}, std::make_unique<FakeSource>(feed));
    };
    feed.bytes = all;
    feed.end = true;
    feed.piece_max = room % 2 == 0 ? 0 : 300;
    connection.receive(get_);
    connection.drain(room);
    const std::vector<H1Answer> answers = test::H1Client().read(connection.sent);
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_TRUE(answers[0].complete) << room;
    EXPECT_EQ(answers[0].body, all) << room;
    connection.destroy_session();
  }
}

TEST_F(H1StreamTest, EndsOldConnectionsWithTheBody) {
  connection_.receive("GET /events HTTP/1.0\r\nHost: a\r\n\r\n");
  feed_.bytes = "data: 1\n\n";
  connection_.drain();
  feed_.bytes = "data: 2\n\n";
  feed_.end = true;
  connection_.drain();
  EXPECT_EQ(answer().field("transfer-encoding"), "");
  EXPECT_EQ(answer().field("connection"), "close");
  EXPECT_EQ(answer().body, "data: 1\n\ndata: 2\n\n");
  EXPECT_TRUE(connection_.session().finished());
}

TEST_F(H1StreamTest, AnswersHeadWithTheHead) {
  feed_.bytes = "data: 1\n\n";
  connection_.receive("HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(connection_.drain(),
            "HTTP/1.1 200 OK\r\n"
            "content-type: text/event-stream\r\n"
            "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "\r\n");
  EXPECT_TRUE(feed_.destroyed);
  EXPECT_EQ(feed_.asked, 0u);
  EXPECT_EQ(connection_.session().open_exchanges(), 0u);
  EXPECT_FALSE(connection_.session().finished());
}

TEST_F(H1StreamTest, ClosesWithoutALastChunkWhenAborted) {
  connection_.receive(get_ + get_);
  feed_.bytes = "data: 1\n\n";
  connection_.drain();
  feed_.bytes = "data: 2\n\n";
  exchange().abort();
  EXPECT_FALSE(feed_.destroyed) << "not inside the call";
  EXPECT_EQ(connection_.drain(), "");
  EXPECT_TRUE(feed_.destroyed);
  EXPECT_FALSE(answer().complete);
  EXPECT_TRUE(connection_.session().finished());
  EXPECT_EQ(connection_.handler.requests.size(), 1u);
  EXPECT_FALSE(connection_.receive(get_));
}

TEST_F(H1StreamTest, GoesOnWithTheNextRequestBehindTheLastChunk) {
  connection_.receive(get_ + get_);
  feed_.bytes = "1";
  connection_.drain();
  EXPECT_EQ(connection_.handler.requests.size(), 1u);
  feed_.end = true;
  connection_.drain();
  EXPECT_EQ(connection_.handler.requests.size(), 2u);
  const std::vector<H1Answer> answers = test::H1Client().read(connection_.sent);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].body, "1");
  EXPECT_TRUE(answers[1].complete);
}

TEST_F(H1StreamTest, FinishesARunningStreamWhenShutDown) {
  connection_.receive(get_ + get_);
  feed_.bytes = "1";
  connection_.drain();
  connection_.session().shut_down();
  EXPECT_FALSE(connection_.session().finished());
  feed_.bytes = "2";
  feed_.end = true;
  connection_.drain();
  EXPECT_EQ(answer().body, "12");
  EXPECT_TRUE(answer().complete);
  EXPECT_TRUE(connection_.session().finished());
  EXPECT_EQ(connection_.handler.requests.size(), 1u);
}

TEST_F(H1StreamTest, SaysCloseWhenShutDownBeforeTheHead) {
  connection_.handler.on_handle = [](Exchange&) {};
  connection_.receive(get_);
  connection_.session().shut_down();
  exchange().respond_stream({200, {}, ""}, std::make_unique<FakeSource>(feed_));
  feed_.end = true;
  connection_.drain();
  EXPECT_EQ(answer().field("connection"), "close");
  EXPECT_EQ(answer().field("transfer-encoding"), "chunked");
  EXPECT_TRUE(connection_.session().finished());
}

TEST_F(H1StreamTest, DiesInTheMiddle) {
  connection_.receive(get_);
  connection_.drain();
  const base::WeakPtr<Exchange> exchange = connection_.handler.exchanges[0];
  connection_.destroy_session();
  EXPECT_TRUE(feed_.destroyed);
  EXPECT_EQ(exchange.get(), nullptr);
  EXPECT_EQ(connection_.counters.exchanges_open.value(), 0);
}

TEST(H1WriterTest, KeepsTheOrderOfTextBodyAndSource) {
  for (const std::size_t room : {1u, 3u, 5000u}) {
    H1Writer writer;
    writer.put("interim|");
    writer.put("head|");
    writer.put_body(std::string(5000, 'b'));
    std::string out;
    std::vector<char> buffer(room);
    while (const std::size_t bytes = writer.write(buffer.data(), room)) {
      out.append(buffer.data(), bytes);
    }
    EXPECT_EQ(out, "interim|head|" + std::string(5000, 'b'));
    EXPECT_TRUE(writer.drained());
  }
}

TEST_F(H1StreamTest, KeepsNothingOfItsRequestOnceTheHeadHasGoneOut) {
  connection_.receive(get_);
  EXPECT_EQ(exchange().request().path, "/events");
  connection_.drain();
  EXPECT_DEATH(exchange().request(), "check failed");
}

}  // namespace
}  // namespace gateway::http
