// What: one connection: a socket, its transport (plain or TLS), the session that speaks HTTP over
// it, and one timer. Reads are pushed into the session, output is pulled out of it by `flush`.
// Owner: Connections. Thread: the worker's. Invariants: at most two unsent records are kept,
// and while they are there the session is asked for nothing; the connection is never destroyed from
// within one of its own calls: it tells its Keeper, which buries it at the end of the turn.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/intrusive_list.h"
#include "http/session.h"
#include "net/address_limits.h"
#include "net/connections.h"
#include "net/outbox.h"
#include "net/proxy_header.h"
#include "net/transport.h"

namespace gateway::net {

class Connection;
struct DirtyTag;
struct RereadTag;
struct HalfOpenTag;
using DirtyList = base::IntrusiveList<Connection, DirtyTag>;
using RereadList = base::IntrusiveList<Connection, RereadTag>;

using HalfOpenList = base::IntrusiveList<Connection, HalfOpenTag>;

/// The most that one write hands to the transport: a TLS record (RFC 8446 §5.1).
inline constexpr std::size_t kRecordBytes = 16 * 1024;

/// What the connections of one worker share.
struct Keeper {
  explicit Keeper(const Connections::Context& given) : context(given) {}
  base::MonoTime now() const { return context.loop.clock().now(); }
  /// Of the half-open ones the one whose peer has had his time first; null: there is none.
  Connection* first_to_give_way() const;
  /// False: the limits of the address refuse it, which is counted and told.
  bool admit(const SocketAddress& client, AddressClaim& claim);

  Connections::Context context;
  bool shutting_down = false;       // for Role::traffic
  base::MonoTime next_peer_line{};  // when the log may next tell of a peer that is not trusted …
  base::MonoTime next_header_line{};  // … and of one without a PROXY header
  base::MonoTime next_many_line{};    // … of one of which too many are open …
  base::MonoTime next_fast_line{};    // … and of one that opens too many
  bool told_refused_options = false;  // once is enough
  HalfOpenList unheard;               // half open, nothing of the peer is complete; as they came
  HalfOpenList heard;                 // half open, by when it said something last
  DirtyList dirty;                    // have, or may have, output
  RereadList rereads;                 // stopped reading while their transport may hold more
  std::vector<Connection*> closed;    // to be buried at the end of the turn
  std::array<char, kRecordBytes> read_buffer;
  std::array<char, kRecordBytes> write_buffer;
  OutboxSpace outbox;
};

class Connection final : public http::Session::Host,
                         public base::ListLink<DirtyTag>,
                         public base::ListLink<RereadTag>,
                         public base::ListLink<HalfOpenTag> {
 public:
  Connection(Keeper& keeper, Accepted accepted);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Begins the PROXY header and the handshake, or the session where there is neither. `peer` is
  /// the socket's, `claim` its address's unless a header is to tell another.
  void start(const SocketAddress& peer, AddressClaim claim);
  /// Writes what there is to say, within one turn's budget; closes when that was the last.
  void flush();
  /// Reads up to one turn's budget and feeds the session.
  void read();
  /// Connections::shut_down, for one. A handshake is cut: nothing was asked yet.
  void shut_down();
  /// Ends it now. The object stays, inert, until its keeper drops it.
  void close();
  /// The same with a reset in place of a goodbye.
  void cut();
  /// "c17".
  const std::string& id() const { return peer_.connection_id; }
  bool closed() const { return state_ == State::closed; }
  /// While it is half open: until when its peer has time for what he says next, a whole PROXY
  /// header or message of the handshake. A part of one is nothing.
  base::MonoTime gives_way_at() const { return gives_way_at_; }
  /// Reads what waits in the socket: our delay, not its peer's.
  void hear_out();

  void output_ready() override;
  Outgoing outgoing() const override;

 private:
  /// open: reads and writes. ending: writes what the session still gives, then says goodbye.
  /// parting: the peer has closed; one flush, then close. lingering: reads and drops until the peer
  /// has closed too, so that it sees our last bytes instead of a reset (RFC 9112 §9.6).
  enum class State : std::uint8_t { handshake, open, ending, parting, lingering, closed };
  /// What became of a step of `flush`: go on; nothing to say; the socket refuses; the turn's budget
  /// is spent; the connection is lost.
  enum class Progress : std::uint8_t { more, drained, blocked, spent, failed };

  void on_ready(bool readable, bool writable);
  void on_timer();
  void expect_proxy_header(const SocketAddress& from);
  void read_proxy_header();
  void handshake();
  void late_handshake();
  void begin_session();
  bool has_unread() const;
  void wait_anew(bool heard);
  void leave_half_open();
  bool read_step(std::size_t& budget);
  void feed(std::string_view bytes);
  void answer();
  void write_within(std::size_t budget);
  void discard();
  Progress write_some(std::size_t& budget);
  Progress write(std::string_view bytes);
  Progress send();
  void end();
  void linger();
  void after_flush(Progress progress);
  void fail(const char* what);
  bool wants_read() const;
  void update_watch();
  void update_timer();
  void arm_at(base::MonoTime due);
  void mark_dirty();
  void read_again();

  Keeper& keeper_;
  const Scheme scheme_;
  const Role role_;
  Fd fd_;
  http::Peer peer_;
  AddressClaim claim_;
  base::MonoTime gives_way_at_{};
  std::unique_ptr<ProxyReader> proxy_;  // while its header is awaited
  std::size_t discarded_ = 0;
  std::unique_ptr<base::Timer> timer_;
  // What each flush touches, side by side.
  std::string unsent_;  // what TLS refused while it waits for the peer
  std::optional<base::MonoTime> timer_due_;
  State state_ = State::handshake;
  bool had_grace_ = false;  // see late_handshake
  bool in_flush_ = false;
  bool woken_in_flush_ = false;
  bool write_blocked_ = false;     // the socket refused what was written
  bool read_wants_write_ = false;  // TLS must write before it can read on
  bool write_wants_read_ = false;  // and the other way round
  bool reading_ = true;            // what the session wanted last
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<http::Session> session_;
  std::unique_ptr<loop::FdWatch> watch_;
};

}  // namespace gateway::net
