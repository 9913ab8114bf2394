#include "client/checker.h"

#include <cstdlib>

namespace bench {

void Checker::on_status(int status) {
  if (status != 200) ++tally_.refused;
}

void Checker::on_data(std::string_view data) {
  while (!data.empty()) {
    const std::size_t end = data.find('\n');
    if (end == std::string_view::npos) {
      rest_.append(data);
      return;
    }
    if (rest_.empty()) {
      on_line(data.substr(0, end));
    } else {
      rest_.append(data.substr(0, end));
      on_line(rest_);
      rest_.clear();
    }
    data.remove_prefix(end + 1);
  }
}

void Checker::on_close(std::uint32_t) { ++tally_.ended; }

void Checker::on_line(std::string_view line) {
  constexpr std::string_view kId = "id: ";
  constexpr std::string_view kEvent = "event: ";
  constexpr std::string_view kData = "data: ";
  if (line.empty()) {
    on_event();
  } else if (line.substr(0, kData.size()) == kData) {
    data_ = line.substr(kData.size());
  } else if (line.substr(0, kId.size()) == kId) {
    id_ = line.substr(kId.size());
  } else if (line.substr(0, kEvent.size()) == kEvent) {
    type_ = line.substr(kEvent.size());
  }
}

void Checker::on_event() {
  if (type_ == "boardcast.open") {
    ++tally_.opened;
  } else if (type_.empty() && !data_.empty()) {
    // Ids have a fixed width, so their order is that of their text.
    if (id_ <= last_id_) ++tally_.reordered;
    char* end = nullptr;
    on_number(std::strtoull(data_.c_str(), &end, 10));
    const std::int64_t sent = std::strtoll(end, nullptr, 10);
    tally_.latencies_us.push_back(static_cast<std::uint32_t>((now_ns() - sent) / 1000));
  }
  if (!id_.empty()) last_id_ = id_;
  id_.clear();
  type_.clear();
  data_.clear();
}

void Checker::on_number(std::uint64_t number) {
  ++tally_.delivered;
  if (number + 1 == expected_) {
    ++tally_.repeated;
  } else if (number < expected_) {
    ++tally_.reordered;
  } else {
    tally_.lost += number - expected_;
    expected_ = number + 1;
  }
}

}  // namespace bench
