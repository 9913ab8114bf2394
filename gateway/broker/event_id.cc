#include "broker/event_id.h"

#include "base/check.h"

namespace gateway::broker {
namespace {

constexpr std::size_t kEpochDigits = 8;
constexpr std::size_t kSeqDigits = 12;
static_assert(kEpochDigits + 1 + kSeqDigits == kEventIdLength);

void write_hex(char* to, std::size_t digits, std::uint64_t value) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (std::size_t at = digits; at > 0; --at) {
    to[at - 1] = kHex[value & 15U];
    value >>= 4U;
  }
}

/// Lower-case digits only: one id has one text.
std::optional<std::uint64_t> read_hex(std::string_view text) {
  std::uint64_t value = 0;
  for (const char c : text) {
    std::uint64_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint64_t>(c - 'a') + 10;
    } else {
      return std::nullopt;
    }
    value = value << 4U | digit;
  }
  return value;
}

}  // namespace

std::string to_string(EventId id) {
  BC_CHECK(id.seq <= kSeqMax, id.seq);
  std::string text(kEventIdLength, '-');
  write_hex(text.data(), kEpochDigits, id.epoch);
  write_hex(text.data() + kEpochDigits + 1, kSeqDigits, id.seq);
  return text;
}

std::optional<EventId> parse_event_id(std::string_view text) {
  if (text.size() != kEventIdLength || text[kEpochDigits] != '-') return std::nullopt;
  const auto epoch = read_hex(text.substr(0, kEpochDigits));
  const auto seq = read_hex(text.substr(kEpochDigits + 1));
  if (!epoch || !seq) return std::nullopt;
  return EventId{static_cast<Epoch>(*epoch), *seq};
}

std::string epoch_text(Epoch epoch) {
  std::string text(kEpochDigits, '0');
  write_hex(text.data(), kEpochDigits, epoch);
  return text;
}

std::optional<Epoch> parse_epoch(std::string_view text) {
  const auto epoch = text.size() == kEpochDigits ? read_hex(text) : std::nullopt;
  if (!epoch || *epoch == 0) return std::nullopt;
  return static_cast<Epoch>(*epoch);
}

}  // namespace gateway::broker
