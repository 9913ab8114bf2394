#include "net/outbox.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "net/accepted.h"

namespace gateway::net {
namespace {

using Status = IoResult::Status;

/// Two ends of a socket that keeps apart what was sent apart.
class OutboxTest : public testing::Test {
 protected:
  OutboxTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends.data()), 0);
    ours_ = Fd(ends[0]);
    theirs_ = Fd(ends[1]);
  }

  /// What one send has sent; empty: nothing is there.
  std::string arrived() {
    std::string bytes(200'000, '\0');
    const ssize_t got = ::recv(theirs_.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  /// Until the socket takes no more.
  void fill() {
    const std::string much(60'000, 'f');
    while (::send(ours_.get(), much.data(), much.size(), MSG_NOSIGNAL) > 0) {
    }
    ASSERT_EQ(errno, EAGAIN);
  }
  void drain() {
    while (!arrived().empty()) {
    }
  }

  Fd ours_;
  Fd theirs_;
  std::unique_ptr<OutboxSpace> space_ = std::make_unique<OutboxSpace>();
};

TEST_F(OutboxTest, SendsAllThatWasPutAtOnce) {
  Outbox outbox(ours_.get(), *space_);
  EXPECT_EQ(outbox.put("one ").status, Status::ok);
  EXPECT_EQ(outbox.put("two").status, Status::ok);
  EXPECT_EQ(arrived(), "");
  EXPECT_EQ(outbox.flush().status, Status::ok);
  EXPECT_EQ(arrived(), "one two");
  EXPECT_EQ(outbox.flush().status, Status::ok);
  EXPECT_EQ(arrived(), "");
}

TEST_F(OutboxTest, HasRoomForTwoWrites) {
  Outbox outbox(ours_.get(), *space_);
  const std::string record(Outbox::kWriteMax, 'r');
  ASSERT_TRUE(outbox.has_room());
  EXPECT_EQ(outbox.put(record).status, Status::ok);
  ASSERT_TRUE(outbox.has_room());
  EXPECT_EQ(outbox.put(record).status, Status::ok);
  EXPECT_FALSE(outbox.has_room());
  EXPECT_EQ(outbox.put(record).status, Status::ok);
  EXPECT_EQ(arrived(), record + record) << "what has no room any more goes first";
  EXPECT_EQ(outbox.flush().status, Status::ok);
  EXPECT_EQ(arrived(), record);
}

TEST_F(OutboxTest, KeepsWhatTheSocketRefusesAndLeavesTheSpaceToOthers) {
  Outbox outbox(ours_.get(), *space_);
  fill();
  EXPECT_EQ(outbox.put("first").status, Status::ok);
  const IoResult refused = outbox.flush();
  EXPECT_EQ(refused.status, Status::again);
  EXPECT_TRUE(refused.wants_write);
  EXPECT_TRUE(outbox.waits());
  EXPECT_EQ(outbox.put("second").status, Status::again) << "it would come before the first";
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends.data()), 0);
  const Fd other_end(ends[0]);
  const Fd other_peer(ends[1]);
  Outbox other(other_end.get(), *space_);
  EXPECT_EQ(other.put("other").status, Status::ok);
  EXPECT_EQ(other.flush().status, Status::ok);
  drain();
  EXPECT_EQ(outbox.put("second").status, Status::ok);
  EXPECT_EQ(outbox.flush().status, Status::ok);
  EXPECT_FALSE(outbox.waits());
  EXPECT_EQ(arrived(), "first");
  EXPECT_EQ(arrived(), "second");
}

TEST_F(OutboxTest, KeepsTheRestOfWhatWasTakenInPart) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
  ours_ = Fd(ends[0]);
  theirs_ = Fd(ends[1]);
  const int bytes = 4608;  // the least there is
  ASSERT_EQ(::setsockopt(ours_.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)), 0);
  std::string sent;
  for (int i = 0; sent.size() < 30'000; ++i) sent += std::to_string(i) + ",";
  Outbox outbox(ours_.get(), *space_);
  ASSERT_EQ(outbox.put(sent).status, Status::ok);
  std::string got;
  int refusals = 0;
  for (IoResult step = outbox.flush(); step.status != Status::ok; step = outbox.flush()) {
    ASSERT_EQ(step.status, Status::again);
    ++refusals;
    got += arrived();
  }
  got += arrived();
  EXPECT_GT(refusals, 0);
  EXPECT_EQ(got, sent);
}

TEST_F(OutboxTest, SaysWhyItCannotSend) {
  Outbox outbox(ours_.get(), *space_);
  theirs_ = Fd();
  ASSERT_EQ(outbox.put("lost").status, Status::ok);
  EXPECT_EQ(outbox.flush().status, Status::failed);
  EXPECT_EQ(outbox.error(), EPIPE);
  EXPECT_EQ(space_->used, 0U);
}

}  // namespace
}  // namespace gateway::net
