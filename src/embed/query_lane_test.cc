#include "embed/query_lane.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <latch>

#include "embed/fake_embedder.h"

namespace nexus::embed {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLong = std::chrono::seconds(30);

class QueryLaneTest : public testing::Test {
 protected:
  struct Answer {
    std::vector<float> vector;
    std::optional<ErrorCode> error;
    bool came = false;
  };

  std::shared_ptr<Answer> Ask(std::string question, milliseconds timeout = kLong) {
    auto answer = std::make_shared<Answer>();
    asio::co_spawn(loop_, lane_->Embed(std::move(question), timeout),
                   [answer](std::exception_ptr failure, std::vector<float> vector) {
                     answer->came = true;
                     answer->vector = std::move(vector);
                     try {
                       if (failure) std::rethrow_exception(failure);
                     } catch (const Failure& caught) {
                       answer->error = caught.error().code;
                     }
                   });
    return answer;
  }

  void RunUntilCame(const std::shared_ptr<Answer>& answer) {
    const auto deadline = std::chrono::steady_clock::now() + kLong;
    while (!answer->came && std::chrono::steady_clock::now() < deadline) {
      loop_.restart();
      loop_.run_one_for(milliseconds(100));
    }
    ASSERT_TRUE(answer->came);
  }

  FakeEmbedder embedder_{64};
  Metrics metrics_;
  asio::io_context loop_;
  std::unique_ptr<QueryLane> lane_ = std::make_unique<QueryLane>(embedder_, metrics_);
};

TEST_F(QueryLaneTest, TheSameQuestionIsEmbeddedOnceHoweverItIsSpaced) {
  auto first = Ask("¿dónde está?");
  RunUntilCame(first);
  auto again = Ask("  ¿dónde   está? ");
  RunUntilCame(again);
  EXPECT_EQ(first->vector, embedder_.Embed("¿dónde está?", TextRole::kQuery));
  EXPECT_EQ(first->vector, again->vector);
  EXPECT_EQ(embedder_.runs, 2);  // one of them above
}

TEST_F(QueryLaneTest, TheLeastRecentQuestionIsForgotten) {
  for (size_t i = 0; i <= QueryLane::kMaxCached; ++i) RunUntilCame(Ask("q" + std::to_string(i)));
  const int runs = embedder_.runs;
  RunUntilCame(Ask("q1"));
  EXPECT_EQ(embedder_.runs, runs);
  RunUntilCame(Ask("q0"));
  EXPECT_EQ(embedder_.runs, runs + 1);
}

TEST_F(QueryLaneTest, WhoWaitsTooLongGivesUpAndTheRunFillsTheCache) {
  std::latch open(1), begun(1);
  embedder_.before_each = [&](std::string_view) {
    begun.count_down();
    open.wait();
  };
  auto slow = Ask("lento", milliseconds(1));
  loop_.poll();
  begun.wait();
  RunUntilCame(slow);
  EXPECT_EQ(slow->error, ErrorCode::kTimeout);
  open.count_down();
  loop_.restart();
  loop_.run();
  embedder_.before_each = nullptr;
  auto again = Ask("lento");
  RunUntilCame(again);
  EXPECT_FALSE(again->error);
  EXPECT_EQ(embedder_.runs, 1);
}

TEST_F(QueryLaneTest, TooManyAtOnceAreRefused) {
  std::latch open(1);
  embedder_.before_each = [&](std::string_view) { open.wait(); };
  std::vector<std::shared_ptr<Answer>> waiting;
  for (size_t i = 0; i < QueryLane::kMaxQueued; ++i)
    waiting.push_back(Ask("q" + std::to_string(i)));
  auto refused = Ask("one more");
  RunUntilCame(refused);
  EXPECT_EQ(refused->error, ErrorCode::kUnavailable);
  open.count_down();
  for (const auto& answer : waiting) RunUntilCame(answer);
  EXPECT_FALSE(waiting.back()->error);
}

TEST_F(QueryLaneTest, WhatTheModelThrowsReachesTheCallerAndIsNotKept) {
  embedder_.before_each = [](std::string_view) { throw Failure(ErrorCode::kInternal, "broken"); };
  auto broken = Ask("hola");
  RunUntilCame(broken);
  EXPECT_EQ(broken->error, ErrorCode::kInternal);
  embedder_.before_each = nullptr;
  auto again = Ask("hola");
  RunUntilCame(again);
  EXPECT_FALSE(again->error);
}

TEST_F(QueryLaneTest, TheLaneMayGoWhileQuestionsAreAsked) {
  std::latch begun(1), open(1);
  embedder_.before_each = [&](std::string_view) {
    begun.count_down();
    open.wait();
  };
  auto first = Ask("uno"), second = Ask("dos", milliseconds(1));
  loop_.poll();
  begun.wait();
  open.count_down();
  lane_.reset();
  RunUntilCame(first);
  RunUntilCame(second);
}

}  // namespace
}  // namespace nexus::embed
