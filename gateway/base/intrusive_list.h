// What: a doubly linked list whose links live in the elements: linking allocates nothing and an
// element can leave in O(1) knowing only itself. Owner: the elements' owner; the list owns nothing.
// An element unlinks itself when destroyed. Thread: one.
#pragma once

#include <cstddef>

#include "base/check.h"

namespace gateway::base {

/// Derive from ListLink<Tag> once for every list that the object can be on.
template <typename Tag>
class ListLink {
 public:
  ListLink() = default;
  ListLink(const ListLink&) = delete;
  ListLink& operator=(const ListLink&) = delete;
  ~ListLink() { unlink(); }

  bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (next_ == nullptr) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
  }

 private:
  template <typename T, typename OtherTag>
  friend class IntrusiveList;
  ListLink* next_ = nullptr;
  ListLink* previous_ = nullptr;
};

/// A list of T, where T derives from ListLink<Tag>. Elements still linked at its end are unlinked.
template <typename T, typename Tag>
class IntrusiveList {
 public:
  IntrusiveList() { head_.next_ = head_.previous_ = &head_; }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    while (pop_front() != nullptr) {
    }
    head_.next_ = head_.previous_ = nullptr;
  }

  bool empty() const { return head_.next_ == &head_; }
  T* front() const { return empty() ? nullptr : static_cast<T*>(head_.next_); }
  void push_back(T& element) {
    ListLink<Tag>& link = element;
    BC_CHECK(!link.linked());
    link.previous_ = head_.previous_;
    link.next_ = &head_;
    head_.previous_->next_ = &link;
    head_.previous_ = &link;
  }
  void push_front(T& element) {
    ListLink<Tag>& link = element;
    BC_CHECK(!link.linked());
    link.previous_ = &head_;
    link.next_ = head_.next_;
    head_.next_->previous_ = &link;
    head_.next_ = &link;
  }
  /// The first element, now unlinked; null when there is none.
  T* pop_front() {
    T* first = front();
    if (first != nullptr) static_cast<ListLink<Tag>*>(first)->unlink();
    return first;
  }
  /// Moves every element of `other` to this list's end; O(1).
  void splice(IntrusiveList& other) {
    if (other.empty()) return;
    other.head_.next_->previous_ = head_.previous_;
    head_.previous_->next_ = other.head_.next_;
    other.head_.previous_->next_ = &head_;
    head_.previous_ = other.head_.previous_;
    other.head_.next_ = other.head_.previous_ = &other.head_;
  }

 private:
  ListLink<Tag> head_;
};

}  // namespace gateway::base
