// What: the process's metrics in the Prometheus text format (0.0.4). Cells are registered once,
// before the workers run; cells of the same name and labels (one a worker) are summed when somebody
// scrapes. So counting touches nothing shared. Owner: the app. Thread: registration before the
// workers start; `text` from any thread afterwards.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/counter.h"

namespace gateway::api {

class Metrics {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  Metrics();
  ~Metrics();
  /// `name` begins with "boardcast_", or with "process_" for what every process has; counters end
  /// with "_total". The cell outlives the object.
  void counter(const std::string& name, const std::string& help, const Labels& labels,
               const base::Counter& cell);
  void gauge(const std::string& name, const std::string& help, const Labels& labels,
             const base::Gauge& cell);
  /// A value asked for at each scrape; `read` must be safe from any thread.
  void gauge(const std::string& name, const std::string& help, std::function<double()> read);
  void counter(const std::string& name, const std::string& help, std::function<double()> read);
  /// What is always 1, and says something by its labels.
  void info(const std::string& name, const std::string& help, const Labels& labels);
  /// The whole exposition.
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::api
