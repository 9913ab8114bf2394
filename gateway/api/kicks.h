// What: clients that an operator has sent away for a time. A client is the subject of its token;
// without one it is its IP address, which behind a proxy is that of all of the proxy's clients, or
// on demand the /64 of one of IPv6, whose owner has all addresses there. Where nodes share them,
// each is a note that all of them hear. Owner: the supervisor. Thread: safe from any; as long as
// nobody was kicked, asking is one atomic read. Invariant: at most kMax, and when one more comes
// the one that ends first is forgotten.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/stream_id.h"
#include "backbone/nodes.h"
#include "base/clock.h"
#include "base/thread_annotations.h"
#include "http/exchange.h"

namespace gateway::api {

/// What of a client without a subject is refused: its address, or all of its network, the /64 that
/// limits take for one client (net/address_limits.h). One of IPv4 is its address in any case.
enum class Reach : std::uint8_t { address, network };

/// An operator's wish: this stream ends, and for so long its client gets none.
struct Kick {
  StreamId stream;
  std::chrono::milliseconds refused_for{0};
  std::string asker;  // the operator's address, for the log
  Reach reach = Reach::address;
};

/// One client that is refused: a subject, or an address ("127.0.0.1", "[::1]", "2001:db8::/64");
/// the other is empty.
struct Refused {
  std::string subject;
  std::string address;
  base::Duration left{0};
};

class Kicks {
 public:
  static constexpr std::size_t kMax = 1024;

  /// Until then; a longer time that was given before stays.
  void add(const http::Peer& peer, base::MonoTime until, std::string_view subject = {},
           Reach reach = Reach::address) BC_EXCLUDES(mutex_);
  bool refuses(const http::Peer& peer, base::MonoTime now, std::string_view subject = {})
      BC_EXCLUDES(mutex_);
  /// Who is refused now, the one that ends last first.
  std::vector<Refused> list(base::MonoTime now) BC_EXCLUDES(mutex_);
  /// Takes it back, by what `list` says of it; false: there is no such refusal.
  bool take_back(const Refused& refused) BC_EXCLUDES(mutex_);
  std::size_t size() const { return size_; }

  /// Once, before the first of them: other nodes are to know, by this clock. Both outlive it.
  void share(backbone::Nodes& nodes, const base::Clock& clock) BC_EXCLUDES(mutex_);
  /// What a node has written, this one maybe. False: it is no such note.
  bool hear(const backbone::HeardNote& note) BC_EXCLUDES(mutex_);
  /// What is heard from now on until `complete` is all that others can hear.
  void lost() BC_EXCLUDES(mutex_);
  void complete() BC_EXCLUDES(mutex_);

  static constexpr std::string_view kNotes = "kick:";

 private:
  struct Entry {
    base::MonoTime until{};
    bool refused = true;        // false: it was taken back, as other nodes have yet to hear
    bool heard = false;         // others can hear of this client, too, …
    bool newer = false;         // … but not yet what is here
    std::uint64_t version = 0;  // of the note
  };
  bool holds(const std::string& client, base::MonoTime now) BC_REQUIRES(mutex_);
  Entry& place(const std::string& client) BC_REQUIRES(mutex_);
  void drop_first() BC_REQUIRES(mutex_);
  void tell(const std::string& client, Entry& entry) BC_REQUIRES(mutex_);

  base::Mutex mutex_;
  backbone::Nodes* nodes_ BC_GUARDED_BY(mutex_) = nullptr;  // null: nobody is to know
  const base::Clock* clock_ BC_GUARDED_BY(mutex_) = nullptr;
  std::unordered_map<std::string, Entry> entries_ BC_GUARDED_BY(mutex_);  // by client
  std::atomic<std::size_t> size_{0};
};

}  // namespace gateway::api
