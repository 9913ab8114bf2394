// The part of StreamNames that deals with other nodes.
#include <algorithm>
#include <utility>

#include "api/name_note.h"
#include "api/stream_names.h"

namespace gateway::api {
namespace {

using std::chrono::milliseconds;

/// How long it is remembered who has claimed a name for which no boards are kept: longer than what
/// the one before may still be told takes on its way.
constexpr milliseconds kClaimLife{10'000};
/// Not sooner is a set told anew that is held.
constexpr milliseconds kRenewalMin{30'000};
/// Until a claim that was not heard, whatever became of it, is told anew.
constexpr milliseconds kAgain{5'000};
/// Claims of a stream's name in a row, each because another came first: hardly so many do, and a
/// Redis that speaks of ever newer ones is asked again in kAgain.
constexpr int kClaimsMax = 8;
/// Notes written in one go.
constexpr std::size_t kNotesMax = 64;

Kept kept_of(backbone::PutResult result) {
  switch (result) {
    case backbone::PutResult::taken:
      return Kept::yes;
    case backbone::PutResult::refused:
      return Kept::replaced;
    case backbone::PutResult::unavailable:
    case backbone::PutResult::unknown:
      break;
  }
  return Kept::unknown;
}

}  // namespace

void StreamNames::share(backbone::Nodes& nodes) {
  const base::MutexLock lock(mutex_);
  if (nodes.shared()) nodes_ = &nodes;
}

milliseconds StreamNames::renewal() const { return std::max(linger_, kRenewalMin); }

/// A note of what is held lasts for twice that, so that one that is not told anew, because its node
/// is gone, lasts for options.linger at least.
void StreamNames::tell_again_in(Entry& entry, milliseconds time) {
  unlink(entry);
  entry.due = {clock_.now() + time, ++filed_};
  untold_.emplace(entry.due, &entry);
  untold_count_ = untold_.size();
}

/// With the boards that are known here, should they be known nowhere else. `before`: claims of it
/// that were refused just now.
void StreamNames::tell_claim(Entry& entry, int before) {
  if (nodes_ == nullptr) return;
  tell_again_in(entry, kAgain);
  const bool keeps = !entry.boards.empty() && linger_.count() > 0;
  auto note =
      name_note(*entry.name, *entry.holder, true, entry.boards, keeps ? 2 * renewal() : kClaimLife);
  if (!note) return;
  note->version = std::max(entry.version, entry.other ? entry.other->version : 0);
  const std::uint64_t known = note->version;
  nodes_->put(*std::move(note), [this, known, before, name = *entry.name, stream = *entry.holder](
                                    backbone::PutResult result, std::uint64_t version) {
    // With nothing new it would be refused again: in kAgain.
    if (result == backbone::PutResult::refused && version > known) {
      claim_again(name, stream, version, before + 1);
    }
  });
}

/// Another claim came first that was not heard of here. Who has ended meanwhile leaves it alone:
/// its client may be the one that made that.
void StreamNames::claim_again(const std::string& name, const StreamId& stream,
                              std::uint64_t version, int before) {
  const base::MutexLock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  // What it has left here was refused, too, and the other one's set will be heard, if it has one.
  if (!entry.holder && entry.version < version) return forget(entry);
  if (entry.holder != stream || entry.taken) return;
  entry.version = std::max(entry.version, version);
  if (before < kClaimsMax) tell_claim(entry, before);
}

/// False: they cannot be told, and `done` is not called.
bool StreamNames::tell_boards(Entry& entry, std::function<void(Kept)> done) {
  auto note = name_note(*entry.name, *entry.holder, false, entry.boards, 2 * renewal());
  if (!note) return false;
  // Not with a second claim behind one that is on its way: a claim between the two would end this
  // stream, and then the second one that stream.
  const bool taken = entry.taken;
  if (taken) {
    tell_again_in(entry, renewal());
    note->version = entry.version;
  }
  nodes_->put(*std::move(note),
              [taken, done = std::move(done)](backbone::PutResult result, std::uint64_t) {
                const Kept kept = kept_of(result);
                // Or its claim was lost, and it will have the name again.
                done(kept == Kept::replaced && !taken ? Kept::unknown : kept);
              });
  return true;
}

void StreamNames::tell_due() {
  if (nodes_ == nullptr || !nodes_->up()) return;
  const base::MonoTime now = clock_.now();
  for (std::size_t told = 0; told < kNotesMax; ++told) {
    if (untold_.empty() || untold_.begin()->first.first > now) return;
    Entry& entry = *untold_.begin()->second;
    unlink(entry);
    if (!entry.taken) tell_claim(entry);
    if (entry.boards.empty() || linger_.count() == 0) continue;
    if (!tell_boards(entry, [](Kept) {})) {
      tell_again_in(entry, renewal());
    }
  }
}

void StreamNames::complete() {
  const base::MutexLock lock(mutex_);
  const base::MonoTime now = clock_.now();
  Queue all;
  for (const auto& [due, entry] : std::exchange(untold_, {})) {
    if (entry->taken) entry->due = {now, due.second};  // another's turn comes: it may be on its way
    all.emplace(entry->due, entry);
  }
  untold_ = std::move(all);
}

/// True: the holder keeps the name.
bool StreamNames::hear_of_holder(Entry& entry, const backbone::HeardNote& note,
                                 std::vector<std::string>& boards) {
  if (note.owner == to_string(*entry.holder)) {
    // Read out of order: newer ones were read from Redis while this was on its way.
    if (entry.taken && note.version <= entry.version) return true;
    const bool is_new = !std::exchange(entry.taken, true);
    entry.version = note.version;
    // A set that was told before a claim that had to be made again was refused like that.
    const bool is_untold = is_new && entry.changed && entry.boards != boards;
    // Those that another has changed and this node had not heard of when the stream opened.
    if (!entry.changed && !boards.empty()) entry.boards = std::move(boards);
    entry.other.reset();
    tell_again_in(entry, is_untold ? milliseconds(0) : renewal());
    if (entry.boards.empty()) unlink(entry);  // nothing is to be told anew
    return true;
  }
  if (entry.taken) return note.version <= entry.version;
  if (note.version > (entry.other ? entry.other->version : 0)) {
    entry.other = {std::move(boards), clock_.now() + note.left, note.version};
  }
  return true;
}

void StreamNames::tell_set_that_stays(const Entry& entry) {
  if (nodes_ == nullptr) return;
  auto note = name_note(*entry.name, *entry.holder, false, entry.boards, linger_);
  if (!note) return;
  if (entry.taken) note->version = entry.version;
  nodes_->put(*std::move(note), [](backbone::PutResult, std::uint64_t) {});
}

/// Until when it lingers, whose holder went: its own set, or what others have said while its claim
/// was not heard.
base::MonoTime StreamNames::leave(Entry& entry) {
  if (!entry.other) return clock_.now() + linger_;
  const Entry::Other other = *std::exchange(entry.other, std::nullopt);
  entry.boards = other.boards;
  entry.version = other.version;
  return other.until;
}

StreamNames::Heard StreamNames::hear(const backbone::HeardNote& note) {
  auto boards = read_boards(note.value);
  const std::string name = note.key.substr(std::min(kNameNotes.size(), note.key.size()));
  if (!boards || name.empty() || note.version == 0 || !parse_stream_id(note.owner)) {
    return {std::nullopt, true};
  }
  const base::MutexLock lock(mutex_);
  drop_expired();
  const auto found = entries_.find(name);
  if (found == entries_.end() && boards->empty()) return {};
  Entry& entry = found == entries_.end() ? entries_[name] : found->second;
  if (entry.holder && hear_of_holder(entry, note, *boards)) return {};
  if (note.version <= entry.version) return {};
  if (entry.name == nullptr) entry.name = &entries_.find(name)->first;
  unlink(entry);
  const std::optional<StreamId> replaced = std::exchange(entry.holder, std::nullopt);
  entry.boards = *std::move(boards);
  entry.version = note.version;
  if (entry.boards.empty()) {
    entries_.erase(entries_.find(name));
  } else {
    linger(entry, clock_.now() + note.left);
  }
  return {replaced, false};
}

}  // namespace gateway::api
