// The real servers, in temporary folders. Skipped where PostgreSQL 17 is not installed.
#include "stack/private_stack.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "stack/data_directory.h"
#include "stack/living_process.h"
#include "stack/postgres_process.h"
#include "stack/programs.h"
#include "stack/test_folder.h"

namespace nexus::stack {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

TEST(IdentityMapTest, LetsEachSystemUserBeEachRole) {
  const std::string map = IdentityMap(std::vector<std::string>{"nexus", "root"});
  EXPECT_TRUE(map.contains("\nnexus \"nexus\" nexus_admin\n"));
  EXPECT_TRUE(map.contains("\nnexus \"root\" nexus_sql\n"));
  EXPECT_EQ(std::ranges::count(map, '\n'), 1 + 2 * 9);
}

TEST(HostBasedAccessTest, KnowsPeersOnly) {
  EXPECT_TRUE(HostBasedAccess().contains("\nlocal all all peer map=nexus\n"));
  EXPECT_FALSE(HostBasedAccess().contains("host "));
}

TEST(PostmasterFileTest, IsReadyOnlyOnItsEighthLine) {
  const std::string starting = "17\n/d/pg\n1764150000\n5432\n/d/run\n\n  1 2\nstarting\n";
  const auto file = ParsePostmasterFile(starting);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->pid, 17);
  EXPECT_EQ(file->socket_folder, "/d/run");
  EXPECT_FALSE(file->ready);
  EXPECT_TRUE(ParsePostmasterFile("17\n/d/pg\n1\n5432\n/d/run\n\n  1 2\nready   \n")->ready);
  EXPECT_FALSE(ParsePostmasterFile(""));
  EXPECT_FALSE(ParsePostmasterFile("-17\n/d/pg\n"));
}

class PrivateStackTest : public testing::Test {
 protected:
  void SetUp() override {
    try {
      FindPostgresFolder();
    } catch (const Failure& failure) {
      GTEST_SKIP() << failure.what();
    }
  }

  // A stopped data directory: made once, then copied, since making one takes a second.
  void UseCopyOfStoppedData() {
    static const TestFolder original = [] {
      TestFolder folder;
      PrivateStack stack({.data_directory = folder.path() / "data"});
      stack.Start();
      return folder;
    }();
    RunToEnd({.program = "/bin/cp",
              .arguments = {"-a", (original.path() / "data").native(), data_.native()}},
             seconds(60));
  }

  StackOptions Options() {
    return {.data_directory = data_,
            .on_step = [this](std::string_view line) { steps_.emplace_back(line); }};
  }

  std::string Query(const Endpoints& endpoints, const std::string& user, const std::string& sql) {
    const auto output = folder_.path() / "psql.out";
    std::filesystem::remove(output);
    RunToEnd({.program = FindPostgresProgram("psql"),
              .arguments = {"-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql,
                            endpoints.postgres_conninfo + " user=" + user},
              .output = output},
             seconds(30));
    return ReadWhole(output);
  }

  pid_t PostmasterPid() const { return ReadPostmasterFile(data_ / "pg")->pid; }

  bool SaidThat(std::string_view begin) const {
    return std::ranges::any_of(steps_, [&](const auto& step) { return step.starts_with(begin); });
  }

  TestFolder folder_;
  std::filesystem::path data_ = folder_.path() / "data";
  std::vector<std::string> steps_;
};

TEST_F(PrivateStackTest, StartsFromNothingAndKeepsItsData) {
  std::signal(SIGCHLD, SIG_IGN);  // as some programs leave it to those that they start
  {
    PrivateStack stack(Options());
    const Endpoints endpoints = stack.Start();
    EXPECT_EQ(Query(endpoints, "nexus_admin", "SHOW data_checksums"), "on\n");
    Query(endpoints, "nexus_admin", "CREATE ROLE nexus_api LOGIN; CREATE TABLE kept AS SELECT 7 n");
    EXPECT_EQ(Query(endpoints, "nexus_api", "SELECT current_user, current_database()"),
              "nexus_api|nexus\n");
    EXPECT_EQ(FindRunning(data_).postgres_conninfo, endpoints.postgres_conninfo);
    EXPECT_EQ(FindRunning(data_).redis_url, endpoints.redis_url);
    EXPECT_EQ(endpoints.redis_url.empty(), !FindRedisServer().has_value());
    stack.Stop();
  }
  EXPECT_TRUE(SaidThat("postgres: initialised"));
  EXPECT_EQ(RefusalOf([&] { FindRunning(data_); }),
            std::format("no nexus runs on {}; start it: nexus up --data-dir {}", data_.native(),
                        data_.native()));
  steps_.clear();
  PrivateStack again(Options());
  EXPECT_EQ(Query(again.Start(), "nexus_admin", "SELECT n FROM kept"), "7\n");
  EXPECT_FALSE(SaidThat("postgres: initialised"));
}

TEST_F(PrivateStackTest, RefusesRolesThatTheMapDoesNotName) {
  UseCopyOfStoppedData();
  PrivateStack stack(Options());
  const Endpoints endpoints = stack.Start();
  Query(endpoints, "nexus_admin", "CREATE ROLE somebody LOGIN SUPERUSER");
  EXPECT_TRUE(RefusalOf([&] {
                Query(endpoints, "somebody", "SELECT 1");
              }).contains("Peer authentication failed"));
}

// Catches the mutant of Supervise() that starts nothing again.
TEST_F(PrivateStackTest, StartsAKilledServerAgain) {
  UseCopyOfStoppedData();
  PrivateStack stack(Options());
  const Endpoints endpoints = stack.Start();
  const pid_t killed = PostmasterPid();
  ASSERT_EQ(kill(killed, SIGKILL), 0);
  EXPECT_TRUE(WaitFor(
      [&] {
        stack.Supervise();
        const auto file = ReadPostmasterFile(data_ / "pg");
        return file && file->pid != killed && file->pid != getpid() && file->ready;
      },
      steady_clock::now() + seconds(60)));
  EXPECT_EQ(Query(endpoints, "nexus_admin", "SELECT 1"), "1\n");
}

// Runs a stack in a process of its own and kills that when it is up.
void RunAndKill(const StackOptions& options) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    PrivateStack stack(options);
    stack.Start();
    [[maybe_unused]] ssize_t written = write(ends[1], "x", 1);
    for (;;) pause();
  }
  close(ends[1]);
  char up = 0;
  EXPECT_EQ(read(ends[0], &up, 1), 1);
  close(ends[0]);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

// Mutants it catches: no death signal, or one set before the change of user.
TEST_F(PrivateStackTest, ServersEndWithTheProcessThatWasKilled) {
  UseCopyOfStoppedData();
  RunAndKill(Options());
  EXPECT_TRUE(WaitFor([&] { return !ReadPostmasterFile(data_ / "pg"); },
                      steady_clock::now() + seconds(60)));
  EXPECT_TRUE(WaitFor([&] { return !IsListening(data_ / "run" / "redis.sock"); },
                      steady_clock::now() + seconds(60)));
}

TEST_F(PrivateStackTest, NothingBlocksTheNextStartAfterAKill) {
  for (int round = 0; round < 3; ++round) RunAndKill(Options());
  PrivateStack stack(Options());
  const Endpoints endpoints = stack.Start();
  EXPECT_EQ(Query(endpoints, "nexus_admin", "SELECT 1"), "1\n");
  EXPECT_EQ(endpoints.redis_url.empty(), !FindRedisServer().has_value());
}

// Mutant it catches: a lock file that is left as it is (PostgreSQL then refuses to start).
TEST_F(PrivateStackTest, StartsThoughTheOldPidBelongsToAnotherProcess) {
  UseCopyOfStoppedData();
  {
    PrivateStack stack(Options());
    stack.Start();
    kill(PostmasterPid(), SIGKILL);
  }
  const Account account = ChooseServiceAccount("nexus", data_ / "pg");
  Process other =
      Process::Start({.program = "/bin/sleep",
                      .arguments = {"1000"},
                      .run_as = geteuid() == 0 ? std::optional(account) : std::nullopt});
  std::string text = ReadWhole(data_ / "pg/postmaster.pid");
  ASSERT_FALSE(text.empty());
  text.replace(0, text.find('\n'), std::to_string(other.pid()));
  std::ofstream(data_ / "pg/postmaster.pid", std::ios::trunc) << text;

  PrivateStack again(Options());
  EXPECT_EQ(Query(again.Start(), "nexus_admin", "SELECT 1"), "1\n");
  EXPECT_FALSE(other.HasEnded());
}

// As when the kernel did not tell it: a postmaster that is nobody's child.
TEST_F(PrivateStackTest, StopsAnOrphanAndStartsItsOwn) {
  UseCopyOfStoppedData();
  std::filesystem::remove(data_ / "log/postgres.log");
  const Account account = ChooseServiceAccount("nexus", data_ / "pg");
  Process orphan = Process::Start({.program = FindPostgresFolder() / "postgres",
                                   .arguments = {"-D", (data_ / "pg").native()},
                                   .run_as = geteuid() == 0 ? std::optional(account) : std::nullopt,
                                   .output = folder_.path() / "orphan.log"});
  ASSERT_TRUE(WaitFor(
      [&] {
        const auto file = ReadPostmasterFile(data_ / "pg");
        return file && file->pid == orphan.pid() && file->ready;
      },
      steady_clock::now() + seconds(60)));

  PrivateStack again(Options());
  EXPECT_EQ(Query(again.Start(), "nexus_admin", "SELECT 1"), "1\n");
  EXPECT_TRUE(SaidThat("postgres: stopped one that was left over"));
  EXPECT_TRUE(orphan.HasEnded());
}

TEST_F(PrivateStackTest, PutsItsSocketsElsewhereWhenThePathIsTooLong) {
  data_ = folder_.path() / std::string(100, 'd');
  PrivateStack stack(Options());
  const Endpoints endpoints = stack.Start();
  EXPECT_FALSE(endpoints.postgres_conninfo.contains("ddd"));
  EXPECT_EQ(Query(endpoints, "nexus_admin", "SELECT 1"), "1\n");
  EXPECT_EQ(FindRunning(data_).postgres_conninfo, endpoints.postgres_conninfo);

  const auto begin = endpoints.postgres_conninfo.find('=') + 1;
  const auto folder =
      endpoints.postgres_conninfo.substr(begin, endpoints.postgres_conninfo.find(' ') - begin);
  EXPECT_TRUE(std::filesystem::exists(folder));
  stack.Stop();
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(PrivateStackTest, GoesOnWithoutARedisThatCannotStart) {
  if (!FindRedisServer()) GTEST_SKIP() << "no redis-server, no valkey-server";
  UseCopyOfStoppedData();
  std::filesystem::remove_all(data_ / "redis/appendonlydir");
  std::ofstream(data_ / "redis/appendonlydir") << "not a folder";
  PrivateStack stack(Options());
  const Endpoints endpoints = stack.Start();
  EXPECT_EQ(endpoints.redis_url, "");
  EXPECT_EQ(Query(endpoints, "nexus_admin", "SELECT 1"), "1\n");
  EXPECT_TRUE(SaidThat("redis: goes on without it, redis exited with status 1: "));
}

TEST_F(PrivateStackTest, SaysWhyPostgresDoesNotStart) {
  UseCopyOfStoppedData();
  std::ofstream(data_ / "pg/postgresql.conf", std::ios::app) << "shared_buffers = lots\n";
  PrivateStack stack(Options());
  const std::string refusal = RefusalOf([&] { stack.Start(); });
  EXPECT_TRUE(refusal.starts_with("postgres exited with status 1: ")) << refusal;
  EXPECT_TRUE(refusal.contains("shared_buffers")) << refusal;
  EXPECT_TRUE(refusal.ends_with("; read " + (data_ / "log/postgres.log").native())) << refusal;
}

TEST_F(PrivateStackTest, RefusesTheDataOfAnotherMajorVersion) {
  UseCopyOfStoppedData();
  std::ofstream(data_ / "pg/PG_VERSION", std::ios::trunc) << "16\n";
  PrivateStack stack(Options());
  EXPECT_EQ(RefusalOf([&] { stack.Start(); }),
            std::format("{}/pg is of PostgreSQL 16, this nexus runs 17; move it to 17 with "
                        "pg_upgrade, or choose another --data-dir",
                        data_.native()));
}

TEST_F(PrivateStackTest, RootLeavesAnOrdinaryUsersDataToThatUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root starts servers as somebody else";
  UseCopyOfStoppedData();
  const Account account = ChooseServiceAccount("nexus", data_ / "pg");
  RunToEnd({.program = "/bin/chown", .arguments = {"-R", account.name, data_.native()}},
           seconds(60));
  PrivateStack stack(Options());
  stack.Start();
  for (const char* name : {".", "log", "log/postgres.log", "access", "pg", "redis", "run"}) {
    struct stat status;
    ASSERT_EQ(stat((data_ / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_uid, account.uid) << name;
  }
}

TEST_F(PrivateStackTest, SaysWhichFolderTheServersCannotEnter) {
  if (geteuid() != 0) GTEST_SKIP() << "only root starts servers as somebody else";
  const auto closed = folder_.path() / "closed";
  std::filesystem::create_directory(closed);
  chmod(closed.c_str(), 0700);
  data_ = closed / "data";
  EXPECT_EQ(RefusalOf([&] { PrivateStack stack(Options()); }),
            std::format("the user nexus, as whom PostgreSQL runs, cannot enter {0}; chmod o+x {0}, "
                        "or choose a --data-dir such as /var/lib/nexus",
                        closed.native()));
}

}  // namespace
}  // namespace nexus::stack
