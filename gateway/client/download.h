// What: one small file by https: what others publish for this gateway. Blocking, within limits of
// size and time; whoever is named answers himself, so redirections are not followed. Thread: any,
// one for each call.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

#include "base/result.h"

namespace gateway::client {

struct Download {
  std::string url;      // https://…
  std::string ca_file;  // whom to trust; empty: whom the system does
  std::size_t bytes_max = std::size_t{1} << 20U;
  std::chrono::milliseconds time_max{10'000};
};

/// Before the first download, once, while no other thread uses the library.
void prepare_downloads();
/// The body of a 200. Gives up soon after `stop` has become true. The error is for a person.
base::Result<std::string> download(const Download& what, const std::atomic<bool>& stop);

}  // namespace gateway::client
