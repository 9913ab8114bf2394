#include "sim/gateway_model.h"

#include <utility>

#include <gtest/gtest.h>

namespace gateway::sim {

ModelExchange::ModelExchange(Scene& scene)
    : scene_(scene), sent_draining_(scene.draining), sent_at_(scene.head()) {}

void ModelExchange::head(int status, AnswerFields fields) {
  EXPECT_EQ(status_, 0) << "answered twice";
  status_ = status;
  fields_ = std::move(fields);
  EXPECT_FALSE(field("date").empty());
  EXPECT_EQ(field("vary"), "origin");
  check_head();
}

void ModelExchange::body(std::string_view bytes) {
  EXPECT_FALSE(over_ || head_);
  text_ += bytes;
}

void ModelExchange::complete() {
  over_ = true;
  if (too_late()) {
    ++scene_.coverage.lost;
    EXPECT_EQ(field("content-type"), "application/problem+json");
  } else {
    check_complete();
  }
}

void ModelExchange::lose() {
  if (std::exchange(over_, true)) return;
  ++scene_.coverage.lost;
  after_loss();
}

std::string ModelExchange::field(const std::string& name) const {
  const auto found = fields_.find(name);
  return found == fields_.end() ? "" : found->second;
}

void ModelAnswer::check_complete() {
  const bool refused = scene_.draining && (status() == 503 || status() == 200);
  EXPECT_TRUE(status() == expected_ || refused) << status() << " for " << expected_;
  if (expected_text_) {
    EXPECT_EQ(text(), *expected_text_);
  }
}

void ModelPublish::check_complete() {
  if (status() == 503) {
    EXPECT_TRUE(scene_.draining);
    EXPECT_FALSE(field("retry-after").empty());
  } else {
    EXPECT_EQ(status(), publication_.status) << text();
    EXPECT_TRUE(!sent_draining_ || publication_.status == 403);
  }
  EXPECT_EQ(publication_.first != 0, status() == 200) << "published exactly what was acknowledged";
  if (status() != 200) {
    EXPECT_EQ(field("content-type"), "application/problem+json");
    ++scene_.coverage.refused;
    return;
  }
  std::string ids;
  for (std::size_t i = 0; i < publication_.events.size(); ++i) {
    ids += (i > 0 ? ",\"" : "\"") + scene_.id(publication_.first + i) + '"';
  }
  EXPECT_EQ(text(), publication_.batch ? "{\"ids\":[" + ids + "]}\n" : "{\"id\":" + ids + "}\n");
}

}  // namespace gateway::sim
