#include "api/metrics.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <string_view>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "base/check.h"

namespace gateway::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

using Read = std::function<double()>;

bool is_snake_case(std::string_view name) {
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

void check_name(const std::string& name, MetricType type) {
  BC_CHECK(is_snake_case(name) && (name.starts_with("boardcast_") || name.starts_with("process_")),
           name);
  // The convention by which readers of a dashboard know what may be given to rate().
  BC_CHECK(name.ends_with("_total") == (type == MetricType::Counter), name);
}

/// By label name, so that the same set in another order is the same cell.
Metrics::Labels checked(Metrics::Labels labels, const std::string& name) {
  std::sort(labels.begin(), labels.end());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    BC_CHECK(is_snake_case(labels[i].first), name, labels[i].first);
    BC_CHECK(i == 0 || labels[i - 1].first != labels[i].first, name, labels[i].first);
  }
  return labels;
}

struct Family {
  MetricType type = MetricType::Untyped;
  std::string help;
  std::map<Metrics::Labels, std::vector<Read>> cells;
};

ClientMetric sum(const Family& family, const Metrics::Labels& labels,
                 const std::vector<Read>& cells) {
  ClientMetric metric;
  for (const auto& [name, value] : labels) metric.label.push_back({name, value});
  double total = 0;
  for (const Read& read : cells) total += read();
  if (family.type == MetricType::Counter) {
    metric.counter.value = total;
  } else {
    metric.gauge.value = total;
  }
  return metric;
}

}  // namespace

struct Metrics::Impl {
  /// By name: the exposition's order does not depend on who registered first.
  std::map<std::string, Family> families;

  Family& family(const std::string& name, const std::string& help, MetricType type) {
    check_name(name, type);
    // The text format escapes help in its own way and the serializer does not.
    BC_CHECK(!help.empty() && help.find_first_of("\\\n\r") == std::string::npos, name);
    Family& family = families[name];
    BC_CHECK(family.help.empty() || (family.help == help && family.type == type), name);
    family.help = help;
    family.type = type;
    return family;
  }

  void add(Family& family, Labels labels, Read read) {
    family.cells[std::move(labels)].push_back(std::move(read));
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::counter(const std::string& name, const std::string& help, const Labels& labels,
                      const base::Counter& cell) {
  impl_->add(impl_->family(name, help, MetricType::Counter), checked(labels, name),
             [&cell] { return static_cast<double>(cell.value()); });
}

void Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels,
                    const base::Gauge& cell) {
  impl_->add(impl_->family(name, help, MetricType::Gauge), checked(labels, name),
             [&cell] { return static_cast<double>(cell.value()); });
}

void Metrics::gauge(const std::string& name, const std::string& help,
                    std::function<double()> read) {
  impl_->add(impl_->family(name, help, MetricType::Gauge), {}, std::move(read));
}

void Metrics::counter(const std::string& name, const std::string& help,
                      std::function<double()> read) {
  impl_->add(impl_->family(name, help, MetricType::Counter), {}, std::move(read));
}

void Metrics::info(const std::string& name, const std::string& help, const Labels& labels) {
  impl_->add(impl_->family(name, help, MetricType::Gauge), checked(labels, name),
             [] { return 1.0; });
}

std::string Metrics::text() const {
  std::vector<MetricFamily> families;
  for (const auto& [name, family] : impl_->families) {
    families.push_back({name, family.help, family.type, {}});
    for (const auto& [labels, cells] : family.cells) {
      families.back().metric.push_back(sum(family, labels, cells));
    }
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

}  // namespace gateway::api
