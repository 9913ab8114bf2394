// The two directions of a connection's bytes. Its life (handshake, end, timer) is in connection.cc.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/connection.h"
#include "net/socket_options.h"

namespace gateway::net {
namespace {

/// What one connection may read, and write, in a turn before others have theirs; of the writing a
/// part for what it asked itself.
constexpr std::size_t kReadBudget = 64 * 1024;
/// What a read costs of its budget at least: many tiny records are work too.
constexpr std::size_t kReadCostMin = 512;
constexpr std::size_t kWriteBudget = 256 * 1024;
constexpr std::size_t kAnswerBudget = 64 * 1024;
/// What a peer may still send after our last word.
constexpr std::size_t kLingerBytes = 1024 * 1024;

}  // namespace

void Connection::read() {
  base::ListLink<RereadTag>::unlink();
  if (state_ == State::lingering) {
    discard();
    return;
  }
  std::size_t budget = kReadBudget;
  bool more = true;
  while (more && state_ == State::open && session_->wants_input()) {
    more = read_step(budget);
  }
  if (state_ == State::open && transport_->waits()) write_blocked_ = true;
  update_timer();
  update_watch();
}

/// False when there is nothing more to read in this turn.
bool Connection::read_step(std::size_t& budget) {
  if (budget == 0) {
    read_again();
    return false;
  }
  const std::size_t room = std::min(keeper_.read_buffer.size(), budget);
  const IoResult step = transport_->read(keeper_.read_buffer.data(), room);
  switch (step.status) {
    case IoResult::Status::ok:
      budget -= std::min(budget, std::max(step.bytes, kReadCostMin));
      keeper_.context.counters.bytes_received.add(step.bytes);
      feed({keeper_.read_buffer.data(), step.bytes});
      return scheme_ == Scheme::https || step.bytes == room;
    case IoResult::Status::again:
      read_wants_write_ = step.wants_write;
      return false;
    case IoResult::Status::closed:
      // What the last bytes asked for is answered in this turn's flush, and that is the end: a peer
      // that closes its side of an event stream has left.
      state_ = State::parting;
      mark_dirty();
      return false;
    case IoResult::Status::failed:
      fail("connection lost");
      return false;
  }
  return false;
}

void Connection::feed(std::string_view bytes) {
  if (!session_->receive(bytes, keeper_.now())) {
    end();
  } else if (session_->finished()) {
    mark_dirty();
  }
}

// Past the transport: nobody will look at these bytes, so they need no decryption.
void Connection::discard() {
  while (true) {
    const ssize_t got =
        ::recv(fd_.get(), keeper_.read_buffer.data(), keeper_.read_buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    discarded_ += got > 0 ? static_cast<std::size_t>(got) : 0;
    if (got <= 0 || discarded_ > kLingerBytes) {
      close();
      return;
    }
  }
}

// What was asked is answered before others ask: a thousand connections that open a hundred streams
// each in one turn hold the requests and answers of one of them at a time.
void Connection::answer() {
  if (!base::ListLink<DirtyTag>::linked()) return;
  base::ListLink<DirtyTag>::unlink();
  write_within(kAnswerBudget);
}

void Connection::flush() { write_within(kWriteBudget - kAnswerBudget); }

void Connection::write_within(std::size_t budget) {
  if (state_ != State::open && state_ != State::ending && state_ != State::parting) return;
  in_flush_ = true;
  Progress progress = write_blocked_ || write_wants_read_ ? Progress::blocked : send();
  while (progress == Progress::more) {
    progress = write_some(budget);
    if (progress == Progress::more && transport_->has_room()) continue;
    const Progress sent = send();
    if (sent != Progress::more && progress != Progress::failed) progress = sent;
  }
  in_flush_ = false;
  after_flush(progress);
}

Connection::Progress Connection::write_some(std::size_t& budget) {
  if (!unsent_.empty()) {
    const std::string rest = std::exchange(unsent_, {});
    return write(rest);
  }
  if (budget < kRecordBytes) return Progress::spent;
  char* const out = keeper_.write_buffer.data();
  woken_in_flush_ = false;
  std::size_t bytes = session_->send(out, kRecordBytes);
  // Handlers run within `send` too (pipelined requests): what they woke may have come too late.
  if (bytes == 0 && std::exchange(woken_in_flush_, false)) {
    bytes = session_->send(out, kRecordBytes);
  }
  if (bytes == 0) return Progress::drained;
  budget -= bytes;
  const Progress progress = write({out, bytes});
  const bool drained = !session_->left_over() && !woken_in_flush_;
  return progress == Progress::more && drained ? Progress::drained : progress;
}

Connection::Progress Connection::write(std::string_view bytes) {
  ConnectionCounters& counters = keeper_.context.counters;
  while (!bytes.empty()) {
    const IoResult step = transport_->write(bytes.data(), bytes.size());
    if (step.status == IoResult::Status::again) {
      counters.write_stalls.add();
      unsent_ = bytes;
      write_blocked_ = step.wants_write;
      write_wants_read_ = !step.wants_write;
      return Progress::blocked;
    }
    if (step.status != IoResult::Status::ok) return Progress::failed;
    counters.records_sent.add();
    counters.bytes_sent.add(step.bytes);
    bytes.remove_prefix(step.bytes);
  }
  return Progress::more;
}

// A slow reader's bytes are sent when its socket takes some again.
Connection::Progress Connection::send() {
  const IoResult step = transport_->flush();
  if (step.status == IoResult::Status::ok) return Progress::more;
  if (step.status != IoResult::Status::again) return Progress::failed;
  keeper_.context.counters.write_stalls.add();
  write_blocked_ = true;
  return Progress::blocked;
}

// A PING is the first thing that a flush asks of its session: the outbox is empty then.
http::Session::Host::Outgoing Connection::outgoing() const { return net::outgoing(fd_.get()); }

void Connection::after_flush(Progress progress) {
  if (progress == Progress::failed) {
    fail("connection lost");
    return;
  }
  if (state_ == State::parting) {
    close();
    return;
  }
  if (progress == Progress::drained && (state_ == State::ending || session_->finished())) {
    linger();
    return;
  }
  if (progress == Progress::spent || woken_in_flush_) mark_dirty();
  update_timer();
  update_watch();
}

}  // namespace gateway::net
