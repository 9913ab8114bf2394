#include <algorithm>
#include <deque>

#include <gtest/gtest.h>

#include "sim/gateway_client.h"

namespace gateway::sim {
namespace {

class H1SimClient final : public SimClient {
 public:
  void request(const ClientRequest& request, std::unique_ptr<ModelExchange> model) override {
    output_ += request.method + ' ' + request.target + " HTTP/1.1\r\nhost: localhost\r\n";
    for (const auto& field : request.fields) output_ += field.first + ": " + field.second + "\r\n";
    if (request.body) {
      output_ += "content-length: " + std::to_string(request.body->size()) + "\r\n";
    }
    output_ += "\r\n" + request.body.value_or("");
    running_.push_back(std::move(model));
  }
  bool may_request() const override { return !closing_ && running_.size() < 3; }
  std::string output() override { return std::exchange(output_, {}); }

  void receive(std::string_view bytes) override {
    input_ += bytes;
    while (step()) {
    }
  }

  void lose_all() override {
    closing_ = true;
    for (const auto& model : running_) model->lose();
    running_.clear();
  }
  void each(const std::function<void(ModelExchange&)>& visit) override {
    for (const auto& model : running_) visit(*model);
  }

 private:
  enum class State : std::uint8_t { head, whole, size, chunk, chunk_end, last };

  /// Takes one piece of the answer; false when it is not there yet.
  bool step() {
    if (state_ == State::whole || state_ == State::chunk) return take_content();
    const std::size_t end = input_.find(state_ == State::head ? "\r\n\r\n" : "\r\n");
    if (end == std::string::npos) return false;
    const std::string text = input_.substr(0, end);
    input_.erase(0, end + (state_ == State::head ? 4 : 2));
    if (state_ == State::head) {
      read_head(text);
    } else if (state_ == State::size) {
      EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos) << text;
      left_ = std::strtoull(text.c_str(), nullptr, 16);
      state_ = left_ > 0 ? State::chunk : State::last;
    } else {
      EXPECT_EQ(text, "");
      if (state_ == State::last) {
        complete();
      } else {
        state_ = State::size;
      }
    }
    return true;
  }

  bool take_content() {
    const std::size_t taken = std::min(left_, input_.size());
    if (taken == 0) return false;
    left_ -= taken;
    running_.front()->body(std::string_view(input_).substr(0, taken));
    input_.erase(0, taken);
    if (left_ > 0) return true;
    if (state_ == State::whole) {
      complete();
    } else {
      state_ = State::chunk_end;
    }
    return true;
  }

  void read_head(const std::string& text) {
    ASSERT_FALSE(running_.empty()) << "an answer to nothing: " << text;
    ASSERT_TRUE(text.starts_with("HTTP/1.1 ")) << text;
    AnswerFields fields;
    for (std::size_t line = text.find("\r\n"); line != std::string::npos;) {
      const std::size_t next = text.find("\r\n", line + 2);
      const std::string field = text.substr(line + 2, next - line - 2);
      const std::size_t colon = field.find(": ");
      ASSERT_NE(colon, std::string::npos) << field;
      fields[field.substr(0, colon)] = field.substr(colon + 2);
      line = next;
    }
    closing_ = closing_ || fields["connection"] == "close";
    const bool chunked = fields["transfer-encoding"] == "chunked";
    left_ = chunked ? 0 : std::strtoull(fields["content-length"].c_str(), nullptr, 10);
    ModelExchange& model = *running_.front();
    model.head(std::atoi(text.c_str() + 9), std::move(fields));
    if (model.is_head() || (!chunked && left_ == 0)) return complete();
    state_ = chunked ? State::size : State::whole;
  }

  void complete() {
    state_ = State::head;
    const std::unique_ptr<ModelExchange> model = std::move(running_.front());
    running_.pop_front();
    model->complete();
  }

  std::string output_;
  std::string input_;
  std::deque<std::unique_ptr<ModelExchange>> running_;
  State state_ = State::head;
  std::size_t left_ = 0;
  bool closing_ = false;
};

}  // namespace

std::unique_ptr<SimClient> make_h1_client() { return std::make_unique<H1SimClient>(); }

}  // namespace gateway::sim
