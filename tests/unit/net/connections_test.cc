#include "net/connections.h"

#include "net_world.h"

namespace gateway::net {
namespace {

class ConnectionsTest : public NetWorld {};

TEST_F(ConnectionsTest, AnswersAndStaysOpen) {
  const Fd client = connect();
  EXPECT_EQ(counters_.open.value(), 1);
  EXPECT_EQ(counters_.open_traffic.value(), 1);
  Received got;
  send_text(client, kGet);
  ASSERT_TRUE(receive_until(client, got, "GET /"));
  EXPECT_EQ(got.text.substr(0, 15), "HTTP/1.1 200 OK");
  EXPECT_EQ(counters_.opened_h1.value(), 1U);
  EXPECT_EQ(counters_.bytes_received.value(), kGet.size());
  EXPECT_EQ(counters_.bytes_sent.value(), got.text.size());
  EXPECT_EQ(counters_.records_sent.value(), 1U);
  send_text(client, kGet);
  ASSERT_TRUE(turn_until([this] { return traffic_.requests.size() == 2; }));
  EXPECT_EQ(connections_->size(), 1U);
}

TEST_F(ConnectionsTest, AdminListenersReachTheAdminHandlerAndAreCountedApart) {
  const Fd client = connect(Scheme::http, 0, Role::admin);
  send_text(client, kGet);
  ASSERT_TRUE(turn_until([this] { return admin_.requests.size() == 1; }));
  EXPECT_TRUE(traffic_.requests.empty());
  EXPECT_EQ(counters_.open.value(), 1);
  EXPECT_EQ(counters_.open_traffic.value(), 0);
}

TEST_F(ConnectionsTest, PriorKnowledgeSpeaksHttp2) {
  const Fd client = connect(Scheme::h2c);
  send_text(client, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9));
  Received got;
  // The server's SETTINGS and the acknowledgement of ours.
  ASSERT_TRUE(receive_until(client, got, std::string_view("\0\0\0\4\1\0\0\0\0", 9)));
  EXPECT_EQ(got.text[3], '\4');
  EXPECT_EQ(counters_.opened_h2.value(), 1U);
}

TEST_F(ConnectionsTest, AFinEndsAnIdleStreamAtOnce) {
  test::Feed& feed = feed_;
  stream_from(feed);
  expect_ends_at_once([&] {
    feed.destroyed = false;
    const Fd client = connect();
    send_text(client, kGet);
    Received got;
    ASSERT_TRUE(receive_until(client, got, "\r\n\r\n"));
    EXPECT_EQ(session_counters_.exchanges_open.value(), 1);
  });
  EXPECT_EQ(session_counters_.exchanges_open.value(), 0);
  EXPECT_TRUE(feed.destroyed) << "in the same turn";
  EXPECT_EQ(counters_.open.value(), 0);
  EXPECT_EQ(counters_.closed.value(), counters_.opened_h1.value());
}

TEST_F(ConnectionsTest, ACutConnectionIsResetAndItsNeighbourLives) {
  test::Feed& feed = feed_;
  stream_from(feed);
  const Fd client = connect();
  send_text(client, kGet);
  ASSERT_TRUE(turn_until([this] { return session_counters_.exchanges_open.value() == 1; }));
  const Fd neighbour = connect();
  EXPECT_FALSE(connections_->cut("nobody"));
  EXPECT_TRUE(connections_->cut("c1"));
  EXPECT_FALSE(connections_->cut("c1")) << "once";
  ASSERT_TRUE(turn_until([&] { return feed.destroyed; }));
  EXPECT_EQ(connections_->size(), 1U);
  Received got;
  EXPECT_FALSE(receive_until(client, got, "\r\n0\r\n"));
  EXPECT_TRUE(got.was_reset);
}

TEST_F(ConnectionsTest, ARstEndsAnIdleStreamAtOnce) {
  test::Feed& feed = feed_;
  stream_from(feed);
  Fd client = connect();
  send_text(client, kGet);
  ASSERT_TRUE(turn_until([this] { return session_counters_.exchanges_open.value() == 1; }));
  reset(client);
  ASSERT_TRUE(turn_until([this] { return counters_.open.value() == 0; }));
  EXPECT_TRUE(feed.destroyed);
}

TEST_F(ConnectionsTest, ARequestThatCameWithTheFinIsAnswered) {
  const Fd client = connect();
  send_text(client, kGet);
  send_text(client, kGet);
  ASSERT_EQ(::shutdown(client.get(), SHUT_WR), 0);
  Received got;
  ASSERT_TRUE(turn_until([&] {
    take(client, got);
    return got.ended || got.was_reset;
  }));
  EXPECT_FALSE(got.was_reset);
  EXPECT_EQ(traffic_.requests.size(), 2U);
  EXPECT_NE(got.text.rfind("HTTP/1.1 200"), got.text.find("HTTP/1.1 200")) << "two answers";
}

TEST_F(ConnectionsTest, AStalledReaderCostsLittleAndGetsEverythingWhenItReturns) {
  test::Feed& feed = feed_;
  feed.end = true;
  constexpr std::size_t kBytes = 3'000'000;
  for (std::size_t i = 0; feed.bytes.size() < kBytes; ++i) feed.bytes += std::to_string(i) + ",";
  const std::string sent = feed.bytes;
  stream_from(feed);
  const Fd client = connect(Scheme::http, 8192);
  send_text(client, "GET / HTTP/1.0\r\nhost: localhost\r\n\r\n");
  ASSERT_TRUE(turn_until([this] { return counters_.write_stalls.value() > 0; }));
  turns(50);
  EXPECT_LT(sent.size() - feed.bytes.size(), 1'000'000U) << "kernel buffers and two records";
  EXPECT_LT(counters_.write_stalls.value(), 20U) << "nobody spins";
  Received got;
  ASSERT_TRUE(turn_until([&] {
    take(client, got);
    return got.ended || got.was_reset;
  }));
  const std::size_t body = got.text.find("\r\n\r\n");
  ASSERT_NE(body, std::string::npos);
  EXPECT_TRUE(got.text.substr(body + 4) == sent) << got.text.size();
}

TEST_F(ConnectionsTest, ABusyConnectionDoesNotStarveItsNeighbour) {
  test::Feed& feed = feed_;
  feed.bytes.assign(8U << 20U, 'x');
  stream_from(feed);
  const Fd busy = connect();
  send_text(busy, kGet);
  ASSERT_TRUE(turn_until([this] { return traffic_.requests.size() == 1; }));
  EXPECT_GE(feed.bytes.size(), (8U << 20U) - (300U << 10U)) << "one turn's budget";
  // What is left goes on without another event: turns do not wait for the socket.
  const std::size_t left = feed.bytes.size();
  Received got;
  ASSERT_TRUE(turn_until([&] {
    take(busy, got);
    return feed.bytes.size() < left;
  }));
}

TEST_F(ConnectionsTest, OutputOfManyWakesLeavesInFullRecords) {
  test::Feed& feed = feed_;
  stream_from(feed);
  const Fd client = connect();
  send_text(client, kGet);
  Received got;
  ASSERT_TRUE(receive_until(client, got, "\r\n\r\n"));
  const std::uint64_t before = counters_.records_sent.value();
  for (int i = 0; i < 100; ++i) {
    feed.bytes += "event ";
    traffic_.exchanges[0].get()->wake();
  }
  ASSERT_TRUE(turn_until([&feed] { return feed.bytes.empty(); }));
  EXPECT_EQ(counters_.records_sent.value() - before, 1U);
}

TEST_F(ConnectionsTest, TheLastBytesArriveAlsoWhenThePeerSendsOn) {
  const Fd client = connect();
  std::string bad = "GET / HTTP/1.1\r\nno-colon\r\n\r\n";
  bad.append(100'000, 'x');
  send_text(client, bad);
  Received got;
  ASSERT_TRUE(turn_until([&] {
    take(client, got);
    return got.ended || got.was_reset;
  }));
  EXPECT_FALSE(got.was_reset);
  EXPECT_EQ(got.text.substr(0, 12), "HTTP/1.1 400");
  EXPECT_EQ(connections_->size(), 1U) << "it waits for the peer to close, for a second at most";
  const base::MonoTime before = clock_.now();
  ASSERT_TRUE(turn_until([this] { return connections_->size() == 0; }));
  EXPECT_LT(clock_.now() - before, std::chrono::seconds(3));
}

TEST_F(ConnectionsTest, LingeringEndsWithThePeer) {
  expect_ends_at_once([this] {
    const Fd client = connect();
    send_text(client, "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    Received got;
    ASSERT_TRUE(turn_until([&] {
      take(client, got);
      return got.ended;
    }));
  });
}

TEST_F(ConnectionsTest, ShutDownClosesIdleOnesAndLetsOthersFinish) {
  test::Feed& feed = feed_;
  stream_from(feed);
  const Fd streaming = connect();
  const Fd idle = connect();
  send_text(streaming, kGet);
  ASSERT_TRUE(turn_until([this] { return session_counters_.exchanges_open.value() == 1; }));
  connections_->shut_down();
  Received from_idle;
  ASSERT_TRUE(turn_until([&] {
    take(idle, from_idle);
    return from_idle.ended;
  }));
  EXPECT_EQ(session_counters_.exchanges_open.value(), 1);
  feed.bytes = "last";
  feed.end = true;
  traffic_.exchanges[0].get()->wake();
  Received got;
  ASSERT_TRUE(receive_until(streaming, got, "last"));
  ASSERT_TRUE(turn_until([&] {
    take(streaming, got);
    return got.ended;
  }));
  const Fd late = connect();
  Received from_late;
  ASSERT_TRUE(turn_until([&] {
    take(late, from_late);
    return from_late.ended;
  })) << "new ones are shut down as soon as their session begins";
}

TEST_F(ConnectionsTest, TheSessionsDeadlineIsKept) {
  http_options_.header_timeout = std::chrono::milliseconds(50);
  const Fd client = connect();
  send_text(client, "GET / HT");
  Received got;
  ASSERT_TRUE(turn_until([&] {
    take(client, got);
    return got.ended || got.was_reset;
  }));
  EXPECT_EQ(session_counters_.header_timeouts.value(), 1U);
}

TEST_F(ConnectionsTest, CloseAllCountsEach) {
  const Fd one = connect();
  const Fd two = connect();
  turns(2);
  connections_->close_all();
  EXPECT_EQ(connections_->size(), 0U);
  EXPECT_EQ(counters_.open.value(), 0);
  EXPECT_EQ(counters_.open_traffic.value(), 0);
  EXPECT_EQ(counters_.closed.value(), 2U);
  turns(2);
}

}  // namespace
}  // namespace gateway::net
