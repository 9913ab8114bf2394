// What: what the nodes that share one log tell each other besides events. *Notes* are known to all
// of them for a while: each node is told every one, also those that were written before it came, so
// whoever asks a copy of them waits for nobody. A *question* goes to all other nodes, and one of
// them may have the answer. An *entry* is what a node tells of itself, for as long as it repeats
// it. A process on its own has nobody to tell. Owner: the backbone. Thread: any, but for the
// listener.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gateway::backbone {

inline constexpr std::size_t kNoteKeyBytesMax = 1'024;
inline constexpr std::size_t kNoteOwnerBytesMax = 64;
inline constexpr std::size_t kNoteBytesMax = std::size_t{256} << 10U;
inline constexpr std::chrono::hours kNoteLifeMax{25};
/// Of a question or an answer.
inline constexpr std::size_t kQuestionBytesMax = std::size_t{256} << 10U;
inline constexpr std::size_t kEntryBytesMax = std::size_t{128} << 10U;
inline constexpr std::size_t kNodesMax = 1'000;
/// A node that has not repeated its entry for so long is there no more.
inline constexpr std::chrono::seconds kEntryLife{4};
inline constexpr std::chrono::seconds kEntryEvery{1};

struct Note {
  std::string key;    // what it is about
  std::string owner;  // who alone may write it, until another takes it
  /// Only that: its value, should it have one, stays, and it lives longer if so.
  bool takes = false;
  std::string value{};
  std::chrono::milliseconds lifetime{0};
  /// Of what was heard of it last. One that is older gives way, whoever owns it: the store has been
  /// set back. One that is newer does not, not even to who takes it.
  std::uint64_t version = 0;
};

/// A note as it is now, by which one of a lower version is void.
struct HeardNote {
  std::string key;
  std::string owner;
  std::string value;
  std::chrono::milliseconds left{0};
  std::uint64_t version = 0;
};

enum class PutResult : std::uint8_t {
  taken,
  refused,      // another owns it
  unavailable,  // nothing was written
  unknown,      // it may have been
};

/// Why there is no answer.
enum class AskError : std::uint8_t {
  unavailable,  // nobody could be asked
  silent,       // somebody who may have one said nothing in time
};

struct NodeEntry {
  std::string node;
  std::string text;
};

class Nodes {
 public:
  /// When refused, with the version of what another owns; otherwise 0.
  using PutDone = std::function<void(PutResult, std::uint64_t version)>;
  /// The first answer that is not empty. Empty: all have said so.
  using AskDone = std::function<void(base::Result<std::string, AskError>)>;
  using LookDone = std::function<void(base::Result<std::vector<NodeEntry>, AskError>)>;

  /// Thread: the backbone's; none of its functions waits for anything.
  class Listener {
   public:
    virtual ~Listener() = default;
    /// In the order in which they were written, but that one may come again. False: it is none that
    /// a node writes.
    virtual bool hear(HeardNote note) = 0;
    /// Another node asks; `answer` is called once, from any thread, empty if this node has none.
    /// False: it is no question that this node knows, and nothing is answered.
    virtual bool hear_question(std::string question, std::function<void(std::string)> answer) = 0;
    /// What was put may be heard no more, and what is written meanwhile is heard at `complete`.
    virtual void lost() = 0;
    /// All there is has been heard.
    virtual void complete() = 0;
  };

  virtual ~Nodes() = default;
  /// This node's name, drawn at its start.
  virtual const std::string& self() const = 0;
  /// There may be other nodes.
  virtual bool shared() const = 0;
  /// They can be told and asked now.
  virtual bool up() const = 0;
  /// Once; it outlives the backbone's thread.
  virtual void listen(Listener& listener) = 0;
  /// In the order of the calls. Where nodes are shared `done` comes later, from another thread;
  /// a note that was taken is also heard. Sizes are within the bounds above.
  virtual void put(Note note, PutDone done) = 0;
  /// `done` as in `put`, after some two seconds at most.
  virtual void ask(std::string question, AskDone done) = 0;
  /// What this node tells of itself for kEntryLife.
  virtual void tell(std::string entry) = 0;
  /// The entries of all nodes; `done` as in `put`.
  virtual void look(LookDone done) = 0;
};

/// A process on its own.
class NoNodes final : public Nodes {
 public:
  const std::string& self() const override { return self_; }
  bool shared() const override { return false; }
  bool up() const override { return true; }
  void listen(Listener&) override {}
  void put(Note, PutDone done) override { done(PutResult::taken, 0); }
  void ask(std::string, AskDone done) override { done(std::string()); }
  void tell(std::string) override {}
  void look(LookDone done) override { done(std::vector<NodeEntry>()); }

 private:
  const std::string self_;
};

}  // namespace gateway::backbone
