// What: how much memory this process may use when nobody says so: what the machine has available,
// or its control group where that has less. Thread: any; reads files.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace gateway::app {

/// The least limit of the control groups that the process is in (version 2 or 1, its own and those
/// around it); nothing where there is none. `root` stands before /proc and /sys: empty, or a
/// test's.
std::optional<std::size_t> cgroup_memory(const std::string& root = "");
/// MemAvailable; nothing where the kernel does not tell.
std::optional<std::size_t> available_memory(const std::string& root = "");
/// Three quarters of the lesser of the two: the rest is for socket buffers, which are the kernel's
/// and count for the group, and for what lies between the allocator's blocks. Never 0.
std::size_t automatic_memory(const std::string& root = "");

}  // namespace gateway::app
