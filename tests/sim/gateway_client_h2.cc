#include <algorithm>
#include <cstdint>

#include <gtest/gtest.h>

#include "sim/gateway_client.h"
#include "support/h2_client.h"

namespace gateway::sim {
namespace {

constexpr std::uint32_t kCancel = 8;  // RFC 9113 §7

test::H2ClientOptions draw_options(base::Random& random) {
  test::H2ClientOptions options;
  options.chromium_priorities = random.below(2) == 0;
  options.auto_window = random.below(3) > 0;
  if (random.below(3) == 0) {
    options.stream_window_bytes = static_cast<std::uint32_t>(600 + random.below(20'000));
  }
  return options;
}

class H2SimClient final : public SimClient {
 public:
  explicit H2SimClient(base::Random& random) : client_(draw_options(random)) {}

  void request(const ClientRequest& request, std::unique_ptr<ModelExchange> model) override {
    test::H2FieldList fields = {{":method", request.method},
                                {":scheme", "https"},
                                {":authority", "localhost"},
                                {":path", request.target}};
    fields.insert(fields.end(), request.fields.begin(), request.fields.end());
    running_.push_back({client_.request(fields, request.body), 0, std::move(model)});
    output_ += client_.output();  // a GOAWAY that comes later must not hold it back
  }
  bool may_request() const override { return client_.goaways().empty() && running_.size() < 200; }
  std::string output() override { return std::exchange(output_, {}) + client_.output(); }

  void receive(std::string_view bytes) override {
    EXPECT_TRUE(client_.receive(bytes)) << "the server broke the protocol";
    for (Running& running : running_) tell(running);
    drop_over();
  }
  void give_windows() override {
    for (const Running& running : running_) client_.consume(running.id);
  }

  void reset_one(base::Random& random) override {
    if (running_.empty()) return;
    Running& running = running_[random.below(running_.size())];
    client_.reset(running.id, kCancel);
    output_ += client_.output();
    running.model->lose();
    drop_over();
  }
  bool answered_early() override {
    std::erase_if(early_, [this](std::int32_t id) { return client_.answer(id).closed; });
    return !early_.empty();
  }
  void lose_all() override {
    for (const Running& running : running_) running.model->lose();
    running_.clear();
  }
  void each(const std::function<void(ModelExchange&)>& visit) override {
    for (const Running& running : running_) visit(*running.model);
  }

 private:
  struct Running {
    std::int32_t id = 0;
    std::size_t read = 0;  // of the body
    std::unique_ptr<ModelExchange> model;
  };

  void tell(Running& running) {
    const test::H2Answer& answer = client_.answer(running.id);
    ModelExchange& model = *running.model;
    if (answer.head_complete && !model.answered()) model.head(answer.status, answer.fields);
    if (answer.body.size() > running.read) {
      const std::string_view news = std::string_view(answer.body).substr(running.read);
      running.read = answer.body.size();
      model.body(news);
    }
    if (answer.complete) {
      model.complete();
      if (!answer.closed) early_.push_back(running.id);
    } else if (answer.closed) {
      model.lose();
    }
  }
  void drop_over() {
    std::erase_if(running_, [](const Running& running) { return running.model->over(); });
  }

  test::H2Client client_;
  std::string output_;
  std::vector<Running> running_;
  std::vector<std::int32_t> early_;  // answered, but open
};

}  // namespace

std::unique_ptr<SimClient> make_h2_client(base::Random& random) {
  return std::make_unique<H2SimClient>(random);
}

}  // namespace gateway::sim
