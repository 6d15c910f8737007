#include "base/task.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <thread>

namespace nexus {
namespace {

struct Seen {
  std::thread::id before, inside, after;
  int value = 0;
  std::string failure;
};

Task<> RunOnPool(ComputePool& pool, Seen& seen) {
  seen.before = std::this_thread::get_id();
  seen.value = co_await pool.Run([&seen] {
    seen.inside = std::this_thread::get_id();
    return 42;
  });
  seen.after = std::this_thread::get_id();
}

Task<> FailOnPool(ComputePool& pool, Seen& seen) {
  try {
    co_await pool.Run([]() -> int { throw std::runtime_error("no luck"); });
  } catch (const std::runtime_error& error) {
    seen.failure = error.what();
  }
}

TEST(ComputePoolTest, WorkRunsOnThePoolAndTheCallerGoesOnOnTheLoop) {
  ComputePool pool(1, 5);
  asio::io_context loop;
  Seen seen;
  asio::co_spawn(loop, RunOnPool(pool, seen), asio::detached);
  loop.run();
  EXPECT_EQ(seen.value, 42);
  EXPECT_NE(seen.inside, seen.before);
  EXPECT_EQ(seen.after, seen.before);
}

TEST(ComputePoolTest, AnExceptionReachesTheCaller) {
  ComputePool pool(1, 0);
  asio::io_context loop;
  Seen seen;
  asio::co_spawn(loop, FailOnPool(pool, seen), asio::detached);
  loop.run();
  EXPECT_EQ(seen.failure, "no luck");
}

}  // namespace
}  // namespace nexus
