#include "load/process.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "load/common.h"

namespace bench {
namespace {

std::string read(int pid, const char* name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + name);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (text.empty()) die("no process " + std::to_string(pid));
  return text;
}

double in_us(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
}

/// Of all its threads since it began, to the nanosecond.
double cpu_us(int pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    die("no process " + std::to_string(pid));
  }
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

}  // namespace

// The ticks of 10 ms, of which a run of some seconds has two dozen, say only how it divides.
Cpu cpu_of(const std::vector<int>& pids) {
  Cpu sum;
  for (const int pid : pids) {
    const std::string text = read(pid, "stat");
    // Fields 14 and 15; the second is a name in brackets that may hold anything.
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string word;
    for (int field = 3; field < 14; ++field) fields >> word;
    double user = 0, system = 0;
    fields >> user >> system;
    const double total_us = cpu_us(pid);
    const double user_share = user / std::max(user + system, 1.0);
    sum.user_us += total_us * user_share;
    sum.system_us += total_us * (1 - user_share);
  }
  return sum;
}

std::uint64_t resident_bytes(const std::vector<int>& pids) {
  std::uint64_t pages = 0;
  for (const int pid : pids) {
    std::istringstream fields(read(pid, "statm"));
    std::uint64_t all = 0, resident = 0;
    fields >> all >> resident;
    pages += resident;
  }
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

Cpu own_cpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {in_us(usage.ru_utime), in_us(usage.ru_stime)};
}

}  // namespace bench
