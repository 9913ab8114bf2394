// What: how the table of keys reaches a member of Settings: `member<&Settings::broker,
// &broker::Options::stall>`. Converts between the value of a key and the member's own type.
// Included by the table alone. Thread: pure functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/keys.h"

namespace gateway::config {

template <auto First, auto... Rest, typename T>
auto& follow(T& from) {
  if constexpr (sizeof...(Rest) == 0) {
    return from.*First;
  } else {
    return follow<Rest...>(from.*First);
  }
}

template <typename T>
struct IsDuration : std::false_type {};
template <typename Rep, typename Period>
struct IsDuration<std::chrono::duration<Rep, Period>> : std::true_type {};
template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : IsDuration<T> {};

/// The rule has checked the range, so nothing is lost.
template <typename T>
void store(T& member, const Value& value) {
  if constexpr (std::is_same_v<T, net::ListenAddress>) {
    member = std::get<std::vector<net::ListenAddress>>(value).front();
  } else if constexpr (IsOptional<T>::value) {
    member.reset();
    if (std::get<std::uint64_t>(value) != kNoDuration) store(member.emplace(), value);
  } else if constexpr (IsDuration<T>::value) {
    member =
        std::chrono::duration_cast<T>(std::chrono::milliseconds(std::get<std::uint64_t>(value)));
  } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
    member = static_cast<T>(std::get<std::uint64_t>(value));
  } else {
    member = std::get<T>(value);
  }
}

template <typename T>
Value fetch(const T& member) {
  if constexpr (std::is_same_v<T, net::ListenAddress>) {
    return std::vector<net::ListenAddress>{member};
  } else if constexpr (IsOptional<T>::value) {
    return member ? fetch(*member) : Value(kNoDuration);
  } else if constexpr (IsDuration<T>::value) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(member).count());
  } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
    return static_cast<std::uint64_t>(member);
  } else {
    return member;
  }
}

template <auto... Path>
inline constexpr Access member = {
    [](Settings& settings, const Value& value) { store(follow<Path...>(settings), value); },
    [](const Settings& settings) { return fetch(follow<Path...>(settings)); }};

}  // namespace gateway::config
