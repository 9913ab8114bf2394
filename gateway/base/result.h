// What: a value or the reason why there is none. Operating errors travel as values of one small
// type per room; exceptions do not cross rooms. Thread: a plain value, owned by whoever holds it.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace gateway::base {

/// The plainest error: a sentence for a person, which says what is wrong and what to do.
struct Error {
  std::string message;
};

/// Wraps an error so that `return Fail{Error{"…"}};` is unambiguous when T and E convert.
template <typename E>
struct Fail {
  E error;
};
template <typename E>
Fail(E) -> Fail<E>;

/// Either a T or an E. Asking for the wrong one is a bug and aborts.
template <typename T, typename E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  Result(Fail<E> fail)                                       // NOLINT: implicit by design
      : state_(std::in_place_index<1>, std::move(fail.error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    BC_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    BC_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    BC_CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T& operator*() const& { return value(); }

  const E& error() const {
    BC_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, E> state_;
};

/// The value of an operation that has nothing to return: `Result<Unit>`.
struct Unit {};

}  // namespace gateway::base
