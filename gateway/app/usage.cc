#include "app/usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace gateway::app {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

double cpu_seconds() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_bytes() {
  double pages_in_all = 0;
  double resident = 0;
  std::ifstream("/proc/self/statm") >> pages_in_all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace gateway::app
