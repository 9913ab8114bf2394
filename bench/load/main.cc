// boardcast-bench: an open-loop load generator for servers of event streams; see bench/README.md.
// The exit code is 0 when every event was delivered exactly once and in order, 1 when not, 2 when
// it could not run.
#include <sys/prctl.h>
#include <sys/resource.h>

#include "load/plan.h"
#include "load/result.h"
#include "load/run.h"

int main(int argc, char** argv) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  prctl(PR_SET_TIMERSLACK, 1UL);  // 50 us late by default

  const bench::Plan plan = bench::parse_plan(argc, argv);
  bench::Run run(plan);
  const bench::Result& result = run.go();
  (plan.json ? bench::print_json : bench::print_table)(plan, result);
  return result.exact() ? 0 : 1;
}
