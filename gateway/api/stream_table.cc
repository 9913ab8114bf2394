#include "api/stream_table.h"

#include <utility>

#include "api/stream_body.h"
#include "base/check.h"

namespace gateway::api {
namespace {

constexpr std::size_t kChainsMin = 64;

}  // namespace

StreamTable::StreamTable(ClientLimits& clients) : clients_(clients), chains_(kChainsMin) {}

StreamTable::~StreamTable() { BC_CHECK(size_ == 0, size_); }

std::size_t StreamTable::chain_of(const StreamId& id) const {
  return id.low & (chains_.size() - 1);  // ids are random already, and not chosen by clients
}

void StreamTable::add(StreamBody& stream, const StreamId& id) {
  BC_CHECK(stream.table_ == nullptr && find(id) == nullptr, size_);
  if (size_ == chains_.size()) grow();
  stream.table_ = this;
  stream.id_ = id;
  stream.next_ = std::exchange(chains_[chain_of(id)], &stream);
  ++size_;
  if (const std::uint64_t network = stream.peer().network; network != 0) {
    clients_.add_stream(network);
  }
}

void StreamTable::remove(StreamBody& stream) {
  BC_CHECK(stream.table_ == this, size_);
  StreamBody** link = &chains_[chain_of(stream.id_)];
  while (*link != &stream) link = &(*link)->next_;
  *link = stream.next_;
  stream.table_ = nullptr;
  --size_;
  if (const std::uint64_t network = stream.peer().network; network != 0) {
    clients_.remove_stream(network);
  }
}

StreamBody* StreamTable::find(const StreamId& id) const {
  StreamBody* stream = chains_[chain_of(id)];
  while (stream != nullptr && stream->id_ != id) stream = stream->next_;
  return stream;
}

void StreamTable::each(const std::function<void(StreamBody&)>& visit) const {
  for (StreamBody* stream : chains_) {
    for (; stream != nullptr; stream = stream->next_) visit(*stream);
  }
}

void StreamTable::grow() {
  std::vector<StreamBody*> old(chains_.size() * 2);
  old.swap(chains_);
  for (StreamBody* stream : old) {
    while (stream != nullptr) {
      StreamBody* const next = stream->next_;
      stream->next_ = std::exchange(chains_[chain_of(stream->id_)], stream);
      stream = next;
    }
  }
}

}  // namespace gateway::api
