// What: nodes that tell each other notes by a store that does what redis_note.lua does, step by
// step, as the test wants it: what a node puts waits until `write`, what was written until `hear`.
// Thread: one.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "backbone/nodes.h"
#include "base/clock.h"

namespace gateway::test {

/// The store, and in which order it was written to.
struct FakeStore {
  struct Stored {
    backbone::HeardNote note;
    base::MonoTime ends{};
  };
  explicit FakeStore(const base::Clock& of) : clock(of) {}

  std::pair<backbone::PutResult, std::uint64_t> write(const backbone::Note& note) {
    const base::MonoTime now = clock.now();
    std::erase_if(notes, [now](const auto& one) { return one.second.ends <= now; });
    const auto was = notes.find(note.key);
    if (was != notes.end() && was->second.note.owner != note.owner) {
      const std::uint64_t there = was->second.note.version;
      const bool is_known = note.takes ? there <= note.version : there < note.version;
      if (!is_known) return {backbone::PutResult::refused, there};
    }
    Stored next{{note.key, note.owner, note.value, {}, ++version}, now + note.lifetime};
    if (was != notes.end() && note.takes) {
      if (!was->second.note.value.empty()) next.note.value = was->second.note.value;
      next.ends = std::max(next.ends, was->second.ends);
    }
    notes[note.key] = next;
    told.push_back(heard(next));
    return {backbone::PutResult::taken, 0};
  }
  backbone::HeardNote heard(const Stored& stored) const {
    backbone::HeardNote note = stored.note;
    note.left = std::chrono::duration_cast<std::chrono::milliseconds>(stored.ends - clock.now());
    return note;
  }

  const base::Clock& clock;
  std::uint64_t version = 0;
  std::map<std::string, Stored> notes;
  std::vector<backbone::HeardNote> told;  // all messages there ever were
};

class FakeNodes final : public backbone::Nodes {
 public:
  explicit FakeNodes(FakeStore& store) : store_(store) {}

  const std::string& self() const override { return self_; }
  bool shared() const override { return true; }
  bool up() const override { return is_up; }
  void listen(Listener& given) override { listener = &given; }
  void put(backbone::Note note, PutDone done) override {
    puts.emplace_back(std::move(note), std::move(done));
  }
  void ask(std::string question, AskDone done) override {
    asked.emplace_back(std::move(question), std::move(done));
  }
  void tell(std::string) override {}
  void look(LookDone done) override { looks.push_back(std::move(done)); }

  /// The oldest put is written, or lost. False: there is none.
  bool write() {
    if (puts.empty()) return false;
    const auto [note, done] = std::move(puts.front());
    puts.pop_front();
    const auto [result, version] =
        is_up ? store_.write(note) : std::pair(backbone::PutResult::unknown, std::uint64_t{0});
    done(result, version);
    return true;
  }
  /// The next message that this node has not heard. Null: there is none.
  const backbone::HeardNote* next() {
    return heard_ < store_.told.size() ? &store_.told[heard_++] : nullptr;
  }
  /// Cut off: what is written meanwhile it never hears.
  void skip() { heard_ = store_.told.size(); }

  bool is_up = true;
  Listener* listener = nullptr;
  std::deque<std::pair<backbone::Note, PutDone>> puts;
  std::vector<std::pair<std::string, AskDone>> asked;
  std::vector<LookDone> looks;

 private:
  FakeStore& store_;
  const std::string self_ = "self";
  std::size_t heard_ = 0;
};

}  // namespace gateway::test
