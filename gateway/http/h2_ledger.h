// What: how much DATA may be sent (RFC 9113 §5.2) when frames go past the library. The session
// frames event streams by itself, because the library takes longer over a frame than all else
// together; it is told of their bytes later, many frames at once: until then a stream owes them.
// What the library takes for a window is therefore the window and what is owed. What a stream's
// window lets through is known from when it was last looked up, since what the library keeps of a
// stream lies somewhere else in memory, and a look at it costs more than all else of a frame.
// Owner: the session. Thread: the connection's worker. Invariants: the connection owes what its
// streams owe and what closed ones took with them; the library is never told of bytes that were
// not sent, nor sends what a window does not let through.
#pragma once

#include <cstddef>
#include <cstdint>

#include "http/h2_stream.h"

struct nghttp2_session;

namespace gateway::http {

class H2Ledger {
 public:
  /// A stream that owes as much is settled before its next frame.
  static constexpr std::size_t kOwedMax = 16 * 1024;
  /// Windows above this are the library's alone: with what is owed they could look larger than
  /// RFC 9113 §6.9.1 allows, and the library would end the connection. (So it does with a client
  /// that raises a small window to within what is owed of the largest at a stroke.)
  static constexpr std::int64_t kWindowMax = (std::int64_t{1} << 30) + (std::int64_t{1} << 28);
  /// A stream's window that is known to let less through is looked up before its next frame.
  static constexpr std::size_t kSureMin = 8 * 1024;
  /// What closed streams may take with them before the connection is to be replaced.
  static constexpr std::uint64_t kLostMax = std::uint64_t{1} << 29;

  /// Looks at the connection's window; before a series of frames, unless nobody has called the
  /// library since the one before.
  void begin(nghttp2_session* library);
  /// What the connection's window lets through.
  std::size_t window() const { return window_; }
  /// What the stream may be sent past the library now; 0: the library has to go on with it.
  std::size_t may_pass(nghttp2_session* library, H2Stream& stream);
  /// So much was sent past the library.
  void passed(H2Stream& stream, std::size_t bytes);
  /// So much was sent by it.
  void sent(H2Stream& stream, std::size_t bytes);
  /// The library is told of so many bytes that the stream owes.
  void settle(H2Stream& stream, std::size_t bytes);
  /// The client has changed the stream's window, which may have shrunk by it (RFC 9113 §6.9.2).
  void window_changed(H2Stream& stream) { stream.set_sure(0); }
  void closed(const H2Stream& stream);
  /// Closed streams took too much with them.
  bool worn() const { return lost_ >= kLostMax; }

 private:
  void look_up(nghttp2_session* library, H2Stream& stream);

  std::size_t window_ = 0;
  std::uint64_t owed_ = 0;
  std::uint64_t lost_ = 0;  // of it, what nobody can settle any more
  bool passing_ = true;
};

}  // namespace gateway::http
