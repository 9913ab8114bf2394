#include "net/connection.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "net/socket_options.h"

namespace gateway::net {
namespace {

/// After the session's last word: how long the peer may take to read it …
constexpr std::chrono::seconds kEndingTimeout{30};
/// … and then to close its side.
constexpr std::chrono::seconds kLingerTimeout{1};

}  // namespace

Connection::Connection(Keeper& keeper, Accepted accepted)
    : keeper_(keeper),
      scheme_(accepted.scheme),
      role_(accepted.role),
      fd_(std::move(accepted.fd)),
      peer_{accepted.peer.text(), keeper.context.next_id(), http::Protocol::http1} {
  const Connections::Context& context = keeper_.context;
  const std::string refused = tune_socket(fd_.get(), context.options);
  if (!refused.empty() && !std::exchange(keeper_.told_refused_options, true)) {
    BC_LOG(warn, "the kernel refuses socket options", {"options", refused},
           {"peer", peer_.address});
  }
  BC_CHECK(scheme_ != Scheme::https || context.tls);
  transport_ = scheme_ == Scheme::https ? make_tls_transport(context.tls, fd_.get(), keeper.outbox,
                                                             context.options.tls.records_per_key)
                                        : make_plain_transport(fd_.get(), keeper.outbox);
  timer_ = context.loop.make([this] { on_timer(); });
  watch_ = context.loop.watch(
      fd_.get(), [this](bool readable, bool writable) { on_ready(readable, writable); });
  context.counters.open.add(1);
  if (role_ == Role::traffic) context.counters.open_traffic.add(1);
}

Connection::~Connection() { BC_CHECK(closed()); }

void Connection::start(const SocketAddress& peer, AddressClaim claim) {
  const Options& options = keeper_.context.options;
  claim_ = std::move(claim);
  keeper_.context.counters.half_open.add(1);
  wait_anew(false);
  arm_at(keeper_.now() + options.handshake_timeout);
  watch_->want(true, false);
  if (role_ == Role::traffic && options.proxy_protocol) return expect_proxy_header(peer);
  handshake();
}

void Connection::on_ready(bool readable, bool writable) {
  if (state_ == State::handshake) return proxy_ ? read_proxy_header() : handshake();
  const bool write_may_go_on = (writable && write_blocked_) || (readable && write_wants_read_);
  if (write_may_go_on) {
    write_blocked_ = write_wants_read_ = false;
    mark_dirty();
  }
  if (readable || (writable && read_wants_write_)) {
    read_wants_write_ = false;
    read();
    answer();
  }
  update_watch();
}

void Connection::handshake() {
  const int heard = transport_->messages_heard();
  const IoResult step = transport_->handshake();
  switch (step.status) {
    case IoResult::Status::ok:
      begin_session();
      if (scheme_ == Scheme::https) read();  // may have come with the handshake's last bytes
      answer();
      return;
    case IoResult::Status::again:
      if (transport_->messages_heard() > heard) wait_anew(true);
      watch_->want(!step.wants_write, step.wants_write);
      return;
    case IoResult::Status::closed:
      keeper_.context.counters.handshake_failures.add();
      close();
      return;
    case IoResult::Status::failed:
      keeper_.context.counters.handshake_failures.add();
      if (transport_->refused_certificate()) {
        keeper_.context.counters.client_certificates_refused.add();
      }
      BC_LOG(debug, "handshake failed", {"peer", peer_.address}, {"error", transport_->error()});
      linger();  // the alert says why; it must arrive
      return;
  }
}

void Connection::begin_session() {
  const Connections::Context& context = keeper_.context;
  const bool tls = scheme_ == Scheme::https;
  const bool h2 = scheme_ == Scheme::h2c || (tls && transport_->alpn() == "h2");
  peer_.protocol = h2 ? http::Protocol::http2 : http::Protocol::http1;
  const bool admin = role_ == Role::admin;
  const http::SessionContext session_context{
      admin ? context.admin_http_options : context.http_options,
      admin ? context.admin_handler : context.traffic_handler,
      context.session_counters,
      context.loop.clock(),
      peer_,
      tls,
      admin ? nullptr : context.memory};
  (h2 ? context.counters.opened_h2 : context.counters.opened_h1).add();
  if (transport_->resumed()) context.counters.tls_resumed.add();
  peer_.certificate = transport_->peer_certificate();
  if (peer_.certificate) context.counters.client_certificates.add();
  state_ = State::open;
  peer_.network = claim_.network();
  leave_half_open();
  timer_->cancel();
  timer_due_.reset();
  const auto make = h2 ? http::make_h2_session : http::make_h1_session;
  session_ = make(session_context, *this, keeper_.now());
  if (keeper_.shutting_down && !admin) session_->shut_down();
  mark_dirty();
  update_timer();
  update_watch();
}

void Connection::on_timer() {
  const base::MonoTime now = keeper_.now();
  timer_due_.reset();
  if (state_ == State::handshake) {
    late_handshake();
  } else if (state_ == State::ending || state_ == State::lingering) {
    close();
  } else if (state_ == State::open) {
    const std::optional<base::MonoTime> deadline = session_->deadline();
    if (deadline && *deadline <= now && !session_->advance(now)) end();
    update_timer();
  }
}

void Connection::shut_down() {
  if (role_ == Role::admin) return;
  if (state_ == State::handshake) close();
  if (state_ != State::open) return;
  session_->shut_down();
  mark_dirty();
  update_timer();
}

void Connection::output_ready() {
  if (in_flush_) {
    woken_in_flush_ = true;
  } else if (!write_blocked_ && !write_wants_read_) {
    mark_dirty();
  }
}

// Nothing more comes in; `flush` writes what the session still has to say.
void Connection::end() {
  if (state_ != State::open) return;
  state_ = State::ending;
  arm_at(keeper_.now() + kEndingTimeout);
  mark_dirty();
  update_watch();
}

void Connection::linger() {
  leave_half_open();
  transport_->close_write();
  state_ = State::lingering;
  base::ListLink<DirtyTag>::unlink();
  session_.reset();
  write_blocked_ = write_wants_read_ = false;
  arm_at(keeper_.now() + kLingerTimeout);
  update_watch();
  read();
}

void Connection::fail(const char* what) {
  keeper_.context.counters.lost.add();
  BC_LOG(debug, what, {"peer", peer_.address}, {"connection", peer_.connection_id},
         {"error", transport_->error()});
  close();
}

void Connection::close() {
  if (state_ == State::closed) return;
  if (state_ == State::parting) transport_->close_write();
  state_ = State::closed;
  base::ListLink<DirtyTag>::unlink();
  base::ListLink<RereadTag>::unlink();
  leave_half_open();
  watch_->want(false, false);
  timer_->cancel();
  keeper_.context.counters.open.add(-1);
  if (role_ == Role::traffic) keeper_.context.counters.open_traffic.add(-1);
  keeper_.context.counters.closed.add();
  keeper_.closed.push_back(this);
}

void Connection::cut() {
  if (closed()) return;
  reset_on_close(fd_.get());
  close();
}

bool Connection::wants_read() const {
  switch (state_) {
    case State::open:
      return session_->wants_input();
    case State::handshake:
    case State::lingering:
      return true;
    case State::ending:  // a peer that has gone shows when we write
    case State::parting:
    case State::closed:
      break;
  }
  return false;
}

void Connection::update_watch() {
  if (closed() || state_ == State::handshake) return;
  const bool reading = wants_read();
  // What arrived while the session wanted nothing may lie inside the transport, where the kernel
  // does not see it.
  if (reading && !reading_ && state_ == State::open) read_again();
  reading_ = reading;
  watch_->want((reading && !read_wants_write_) || write_wants_read_,
               write_blocked_ || read_wants_write_);
}

void Connection::read_again() {
  if (scheme_ != Scheme::https) return;  // the kernel tells
  if (!base::ListLink<RereadTag>::linked()) keeper_.rereads.push_back(*this);
}

// Lazily: a deadline that moved away is noticed when the timer fires, so that a busy connection
// does not touch its timer at each delivery.
void Connection::update_timer() {
  if (state_ != State::open) return;
  const std::optional<base::MonoTime> deadline = session_->deadline();
  if (deadline && (!timer_due_ || *deadline < *timer_due_)) arm_at(*deadline);
}

void Connection::arm_at(base::MonoTime due) {
  timer_due_ = due;
  timer_->arm(std::max(due - keeper_.now(), base::Duration::zero()));
}

void Connection::mark_dirty() {
  if (!base::ListLink<DirtyTag>::linked()) keeper_.dirty.push_back(*this);
}

}  // namespace gateway::net
