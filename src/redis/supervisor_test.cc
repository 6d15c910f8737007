// Against a real redis-server on a socket in a directory of its own; skipped where none is
// installed. Everything gives up after kPatience.
#include "redis/supervisor.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>

#include "base/error.h"
#include "redis/connection.h"

namespace nexus::redis {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kPatience{20};
constexpr milliseconds kTimeout{10'000};

bool RunUntil(asio::io_context& loop, const std::function<bool()>& ready) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!ready()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    if (loop.stopped()) loop.restart();
    loop.run_one_for(milliseconds(10));
  }
  return true;
}

template <typename T>
T Await(asio::io_context& loop, Task<T> task) {
  std::optional<T> value;
  std::exception_ptr failure;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T result) {
    failure = error;
    value.emplace(std::move(result));
  });
  if (!RunUntil(loop, [&] { return value.has_value(); })) throw std::runtime_error("no end");
  if (failure) std::rethrow_exception(failure);
  return std::move(*value);
}

Task<bool> StopIt(Supervisor& supervisor) {
  co_await supervisor.Stop();
  co_return true;
}

class RedisTest : public testing::Test {
 protected:
  RedisTest() {
    std::string name = std::filesystem::temp_directory_path() / "nexus_redis_XXXXXX";
    directory_ = mkdtemp(name.data());
    address_.socket_path = directory_ / "s";
    std::ofstream(directory_ / "conf")
        << "port 0\nsave \"\"\nlogfile redis.log\ndir " << directory_.string() << "\nunixsocket "
        << address_.socket_path << "\nuser guest on >a:b@c allcommands allkeys\n";
  }

  ~RedisTest() override {
    Kill();
    std::filesystem::remove_all(directory_);
  }

  void SetUp() override {
    if (!StartRedis()) GTEST_SKIP() << "neither redis-server nor valkey-server is installed";
  }

  bool StartRedis() {
    const std::string configuration = directory_ / "conf";
    for (const char* program : {"redis-server", "valkey-server"}) {
      const char* arguments[] = {program, configuration.c_str(), nullptr};
      if (posix_spawnp(&redis_, program, nullptr, nullptr, const_cast<char**>(arguments),
                       environ) == 0)
        return true;
    }
    redis_ = 0;
    return false;
  }

  void Kill() {
    if (redis_ <= 0) return;
    kill(redis_, SIGKILL);
    waitpid(redis_, nullptr, 0);
    redis_ = 0;
  }

  SupervisorOptions Options() const {
    return {.address = address_,
            .ping_interval = milliseconds(20),
            .min_backoff = milliseconds(5),
            .max_backoff = milliseconds(20)};
  }

  Reply Run(Supervisor& supervisor, std::vector<std::string> command) {
    return Await(loop_, supervisor.Run(std::move(command), kTimeout));
  }

  asio::io_context loop_;
  std::filesystem::path directory_;
  Address address_;
  pid_t redis_ = 0;
};

// Mutant: without the loop in Supervisor the last wait for healthy() fails.
TEST_F(RedisTest, AKilledRedisIsNoticedAndItsReturnToo) {
  Supervisor supervisor(loop_.get_executor(), Options());
  EXPECT_EQ(supervisor.last_error(), "not connected yet");
  supervisor.Start();
  ASSERT_TRUE(RunUntil(loop_, [&] { return supervisor.healthy(); })) << supervisor.last_error();
  EXPECT_EQ(supervisor.last_error(), "");
  EXPECT_EQ(*Run(supervisor, {"SET", "k", "v"}).string(), "OK");

  for (uint64_t round = 1; round <= 3; ++round) {
    EXPECT_EQ(supervisor.generation(), round);
    Kill();
    ASSERT_TRUE(RunUntil(loop_, [&] { return !supervisor.healthy(); }));
    EXPECT_TRUE(RunUntil(loop_, [&] { return !supervisor.last_error().empty(); }));
    try {
      Run(supervisor, {"GET", "k"});
      FAIL() << "an answer from a dead Redis";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().code, ErrorCode::kUnavailable);
    }
    ASSERT_TRUE(StartRedis());
    ASSERT_TRUE(RunUntil(loop_, [&] { return supervisor.healthy(); })) << supervisor.last_error();
    EXPECT_TRUE(Run(supervisor, {"GET", "k"}).IsNil());
  }
  EXPECT_TRUE(Await(loop_, StopIt(supervisor)));
  EXPECT_FALSE(supervisor.healthy());
  EXPECT_EQ(supervisor.last_error(), "stopped");
}

TEST_F(RedisTest, AFailedCommandIsNoticedBeforeTheNextPing) {
  SupervisorOptions options = Options();
  options.ping_interval = std::chrono::hours(1);
  Supervisor supervisor(loop_.get_executor(), options);
  supervisor.Start();
  ASSERT_TRUE(RunUntil(loop_, [&] { return supervisor.healthy(); })) << supervisor.last_error();
  Kill();
  EXPECT_THROW(Run(supervisor, {"PING"}), Failure);
  EXPECT_FALSE(supervisor.healthy());
  ASSERT_TRUE(StartRedis());
  EXPECT_TRUE(RunUntil(loop_, [&] { return supervisor.healthy(); })) << supervisor.last_error();
  EXPECT_TRUE(Await(loop_, StopIt(supervisor)));
}

// A stopped process still holds its sockets: only the time without an answer tells.
TEST_F(RedisTest, AFrozenRedisIsNoticed) {
  SupervisorOptions options = Options();
  options.timeout = milliseconds(200);
  Supervisor supervisor(loop_.get_executor(), options);
  supervisor.Start();
  ASSERT_TRUE(RunUntil(loop_, [&] { return supervisor.healthy(); })) << supervisor.last_error();
  kill(redis_, SIGSTOP);
  EXPECT_TRUE(RunUntil(loop_, [&] { return supervisor.last_error().contains("in time"); }));
  kill(redis_, SIGCONT);
  EXPECT_TRUE(RunUntil(loop_, [&] { return supervisor.healthy(); })) << supervisor.last_error();
  EXPECT_TRUE(Await(loop_, StopIt(supervisor)));
}

TEST_F(RedisTest, StoppingEndsWhileRedisIsAway) {
  Kill();
  Supervisor supervisor(loop_.get_executor(), Options());
  supervisor.Start();
  ASSERT_TRUE(RunUntil(loop_, [&] { return supervisor.last_error().contains("unix://"); }));
  EXPECT_TRUE(Await(loop_, StopIt(supervisor)));
}

class RedisConnectionTest : public RedisTest {
 protected:
  std::shared_ptr<Connection> Open() {
    std::shared_ptr<Connection> connection;
    EXPECT_TRUE(RunUntil(loop_, [&] {
      try {
        connection = Await(loop_, Connection::Open(loop_.get_executor(), address_, kTimeout));
      } catch (const Failure& failure) {
        error_ = failure.error().message;
      }
      return connection != nullptr || error_.contains("refuses");
    }));
    return connection;
  }

  std::string error_;
};

TEST_F(RedisConnectionTest, EveryKindOfReplyIsRead) {
  const auto connection = Open();
  ASSERT_TRUE(connection) << error_;
  const std::string bytes("a\0\r\nb", 5);
  const auto run = [&](std::vector<std::string> command) {
    return Await(loop_, connection->Run(std::move(command), kTimeout));
  };
  EXPECT_EQ(run({"SET", "k", bytes}), Reply{std::string("OK")});
  EXPECT_EQ(run({"GET", "k"}), Reply{bytes});
  EXPECT_EQ(run({"GET", "none"}), Reply{});
  EXPECT_EQ(run({"STRLEN", "k"}), Reply{int64_t{5}});
  const Reply::Array expected{{bytes}, {}, {std::string("OK")}};
  EXPECT_EQ(
      run({"EVAL", "return {redis.call('GET', 'k'), false, redis.call('SET', 'x', 'y')}", "0"}),
      Reply{expected});
  EXPECT_TRUE(run({"LPUSH", "k", "v"}).error()->message.starts_with("WRONGTYPE"));
  EXPECT_TRUE(connection->open());
}

TEST_F(RedisConnectionTest, CommandsThatOverlapGetTheirOwnAnswers) {
  const auto connection = Open();
  ASSERT_TRUE(connection) << error_;
  constexpr int kCommands = 100;
  int right = 0;
  for (int i = 0; i < kCommands; ++i) {
    asio::co_spawn(loop_, connection->Run({"ECHO", std::to_string(i)}, kTimeout),
                   [&right, i](std::exception_ptr, Reply reply) {
                     right += reply == Reply{std::to_string(i)} ? 1 : 0;
                   });
  }
  EXPECT_TRUE(RunUntil(loop_, [&] { return right == kCommands; })) << right;
}

// Mutant: keeping the connection would give the late answer to the next command.
TEST_F(RedisConnectionTest, ACommandWithoutAnAnswerInTimeClosesTheConnection) {
  const auto connection = Open();
  ASSERT_TRUE(connection) << error_;
  try {
    Await(loop_, connection->Run({"BLPOP", "nothing", "0"}, milliseconds(30)));
    FAIL() << "an answer to BLPOP";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kTimeout);
  }
  EXPECT_FALSE(connection->open());
}

TEST_F(RedisConnectionTest, UserPasswordAndDatabaseAreUsed) {
  address_.user = "guest";
  address_.password = "a:b@c";
  address_.database = 3;
  const auto connection = Open();
  ASSERT_TRUE(connection) << error_;
  EXPECT_EQ(Await(loop_, connection->Run({"ACL", "WHOAMI"}, kTimeout)),
            Reply{std::string("guest")});
  const Reply info = Await(loop_, connection->Run({"CLIENT", "INFO"}, kTimeout));
  EXPECT_TRUE(info.string()->contains(" db=3 ")) << *info.string();
  address_.password = "wrong";
  EXPECT_FALSE(Open());
  EXPECT_TRUE(error_.contains("WRONGPASS")) << error_;
}

}  // namespace
}  // namespace nexus::redis
