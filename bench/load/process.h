// What: the CPU time and the memory of processes, from proc(5). Thread: any.
#pragma once

#include <cstdint>
#include <vector>

namespace bench {

struct Cpu {
  double user_us = 0;
  double system_us = 0;
  double total_us() const { return user_us + system_us; }
};
inline Cpu operator-(const Cpu& a, const Cpu& b) {
  return {a.user_us - b.user_us, a.system_us - b.system_us};
}

/// All threads of these processes, added up. Ends the program when one of them is gone.
Cpu cpu_of(const std::vector<int>& pids);
/// Resident bytes, added up: pages that the processes share count in each.
std::uint64_t resident_bytes(const std::vector<int>& pids);
/// This program's own.
Cpu own_cpu();

}  // namespace bench
