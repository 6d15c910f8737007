#include "base/service.h"

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>

namespace nexus {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kForever = std::chrono::hours(1);

// Each run asks `answer` what to say; the number of the run counts from 1.
class Scripted final : public Service {
 public:
  Scripted(asio::io_context& loop, milliseconds pause, std::function<bool(int)> answer)
      : Service(loop.get_executor(), "scripted", pause),
        answer_(std::move(answer)),
        gate_(loop, asio::steady_timer::time_point::max()) {}

  void Hold() { held_ = true; }
  void LetGo() {
    held_ = false;
    gate_.cancel();
  }

  int begun = 0;
  int ended = 0;

 protected:
  Task<bool> RunOnce() override {
    const int run = ++begun;
    while (held_) co_await gate_.async_wait(asio::as_tuple(asio::use_awaitable));
    ++ended;
    co_return answer_(run);
  }

 private:
  std::function<bool(int)> answer_;
  bool held_ = false;
  asio::steady_timer gate_;
};

class ServiceTest : public testing::Test {
 protected:
  // Runs the loop until it holds; false after ten seconds.
  template <typename Condition>
  bool Until(Condition holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop_.restart();
      loop_.run_one_for(milliseconds(100));
    }
    return true;
  }

  bool Stop(Service& service) {
    bool stopped = false;
    asio::co_spawn(loop_, service.Stop(), [&](std::exception_ptr) { stopped = true; });
    return Until([&] { return stopped; });
  }

  asio::io_context loop_;
};

TEST_F(ServiceTest, RunsAgainAtOnceWhileThereIsMore) {
  Scripted service(loop_, kForever, [](int run) { return run < 5; });
  service.Start();
  EXPECT_TRUE(Until([&] { return service.ended == 5; }));
  loop_.restart();
  loop_.poll();
  EXPECT_EQ(service.begun, 5);
  EXPECT_TRUE(Stop(service));
}

TEST_F(ServiceTest, WakeEndsThePause) {
  Scripted service(loop_, kForever, [](int) { return false; });
  service.Start();
  ASSERT_TRUE(Until([&] { return service.ended == 1; }));
  service.Wake();
  EXPECT_TRUE(Until([&] { return service.ended == 2; }));
  EXPECT_TRUE(Stop(service));
}

TEST_F(ServiceTest, AWakeDuringARunIsNotLost) {
  Scripted service(loop_, kForever, [](int) { return false; });
  service.Hold();
  service.Start();
  ASSERT_TRUE(Until([&] { return service.begun == 1; }));
  service.Wake();
  service.LetGo();
  EXPECT_TRUE(Until([&] { return service.ended == 2; }));
  EXPECT_TRUE(Stop(service));
}

TEST_F(ServiceTest, AFailureIsToldAndTheNextRunComesAllTheSame) {
  Scripted service(loop_, milliseconds(1), [](int run) {
    if (run < 3) throw std::runtime_error("no luck");
    return false;
  });
  service.Start();
  ASSERT_TRUE(Until([&] { return service.ended == 1; }));
  ASSERT_TRUE(Until([&] { return service.last_error() == "no luck"; }));
  EXPECT_TRUE(Until([&] { return service.ended >= 3 && service.last_error().empty(); }));
  EXPECT_TRUE(Stop(service));
}

TEST_F(ServiceTest, AFailureIsTriedAgainLongBeforeTheEndOfALongPause) {
  Scripted service(loop_, kForever, [](int run) {
    if (run == 1) throw std::runtime_error("no luck");
    return false;
  });
  service.Start();
  EXPECT_TRUE(Until([&] { return service.ended == 2; }));
  EXPECT_TRUE(Stop(service));
}

TEST_F(ServiceTest, AFailingRunIsNotRepeatedAtOnceEvenIfWoken) {
  Scripted service(loop_, milliseconds(1),
                   [](int) -> bool { throw std::runtime_error("no luck"); });
  service.Start();
  ASSERT_TRUE(Until([&] { return service.ended == 1; }));
  loop_.restart();
  loop_.poll();
  EXPECT_EQ(service.begun, 1);
  EXPECT_TRUE(Stop(service));
}

TEST_F(ServiceTest, StopLetsTheCurrentRunFinishAndStartsNoOther) {
  Scripted service(loop_, kForever, [](int) { return true; });
  service.Hold();
  service.Start();
  ASSERT_TRUE(Until([&] { return service.begun == 1; }));
  bool stopped = false;
  asio::co_spawn(loop_, service.Stop(), [&](std::exception_ptr) { stopped = true; });
  loop_.restart();
  loop_.poll();
  EXPECT_FALSE(stopped);
  service.LetGo();
  EXPECT_TRUE(Until([&] { return stopped; }));
  EXPECT_EQ(service.ended, 1);
  EXPECT_EQ(service.begun, 1);
}

TEST_F(ServiceTest, OneThatNeverStartedStopsAtOnce) {
  Scripted service(loop_, kForever, [](int) { return true; });
  EXPECT_TRUE(Stop(service));
  EXPECT_EQ(service.begun, 0);
}

}  // namespace
}  // namespace nexus
