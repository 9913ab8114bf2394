// What: how `publish` and `tail` end, for scripts. 2 is the command line's own (wrong use).
#pragma once

namespace gateway::client {

inline constexpr int kDone = 0;
/// Refused, or cannot work (standard output on a full disk, too): the same again would not pass.
inline constexpr int kRefused = 1;
/// tail: events may be missing, and --fail-on-gap was given.
inline constexpr int kGap = 3;
/// Tried again for as long as was allowed.
inline constexpr int kGaveUp = 4;
/// publish: the answer was lost, and so were those to all that was tried again: published or not,
/// nobody knows.
inline constexpr int kUnknown = 5;

}  // namespace gateway::client
