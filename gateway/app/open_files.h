// What: the descriptors that the process may open, and how many of them it needs for itself.
// Thread: the main thread.
#pragma once

#include <cstddef>

namespace gateway::app {

/// Raises the soft limit of open files to the hard one and returns it; 0 where that is unknown.
std::size_t raise_open_files();
/// Descriptors that are open now.
std::size_t open_files();
/// Of `limit` files, those kept back from connections when `open` of them are in use and all
/// listeners stand: 256, for logs, files that are read again and libraries; of a small limit half,
/// or what is in use and a few, whichever is more. Less than `limit`, so that one connection fits.
std::size_t reserved_files(std::size_t limit, std::size_t open);

}  // namespace gateway::app
