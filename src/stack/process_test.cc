#include "stack/process.h"

#include <gtest/gtest.h>

#include "stack/living_process.h"
#include "stack/supervised_server.h"
#include "stack/system_failure.h"
#include "stack/test_folder.h"

namespace nexus::stack {
namespace {

using std::chrono::seconds;

TEST(ProcessTest, GivesTheProgramItsInputAndACleanEnvironment) {
  TestFolder folder;
  setenv("PGHOST", "elsewhere", 1);
  RunToEnd({.program = "/bin/sh",
            .arguments = {"-c", "cat; echo $PGHOST-$LC_ALL-$TZ; umask; pwd"},
            .input = "hello\n",
            .output = folder.path() / "out"},
           seconds(20));
  unsetenv("PGHOST");
  EXPECT_EQ(ReadWhole(folder.path() / "out"), "hello\n-C.UTF-8-UTC\n0077\n/\n");
}

TEST(ProcessTest, SaysWhatCannotBeStarted) {
  EXPECT_EQ(RefusalOf([] { Process::Start({.program = "/no/such/program"}); }),
            "cannot start /no/such/program: No such file or directory; choose another --data-dir");
}

TEST(ProcessTest, TellsHowAProgramFailedAndItsLastWords) {
  TestFolder folder;
  const auto output = folder.path() / "out";
  EXPECT_EQ(RefusalOf([&] {
              RunToEnd({.program = "/bin/sh",
                        .arguments = {"-c", "echo one; echo two; exit 3"},
                        .output = output},
                       seconds(20));
            }),
            "/bin/sh exited with status 3: one | two; read " + output.native());
}

TEST(ProcessTest, KillsWhatOutlivesItsOwner) {
  pid_t pid = 0;
  {
    Process process = Process::Start({.program = "/bin/sleep", .arguments = {"1000"}});
    pid = process.pid();
    EXPECT_EQ(LookAt(pid).state, ProcessState::kAlive);
  }
  EXPECT_EQ(LookAt(pid).state, ProcessState::kGone);
}

TEST(LivingProcessTest, ReadsTheStateBehindAStrangeName) {
  const ProcessLine line = ParseProcessLine("17 (a) R (b) Z 1 17");
  EXPECT_EQ(line.name, "a) R (b");
  EXPECT_EQ(line.state, ProcessState::kZombie);
  EXPECT_EQ(ParseProcessLine("").state, ProcessState::kGone);
}

TEST(RestartTest, PausesLongerWithEveryDeathInARow) {
  std::vector<int64_t> pauses;
  for (int deaths : {1, 2, 3, 4, 5, 6, 7, 8, 1000}) {
    pauses.push_back(PauseBeforeRestart(deaths).count());
  }
  EXPECT_EQ(pauses, (std::vector<int64_t>{0, 1, 2, 4, 8, 16, 30, 30, 30}));
}

TEST(RemedyTest, KnowsTheUsualLastWords) {
  EXPECT_EQ(RemedyFor("FATAL: could not write: No space left on device", "/d/log"),
            "free some space there, or choose a --data-dir on another disk");
  EXPECT_EQ(RemedyFor("FATAL: bad setting", "/d/log/postgres.log"), "read /d/log/postgres.log");
}

TEST(LastLinesTest, KeepsTheEndOfALongLog) {
  TestFolder folder;
  const auto log = folder.path() / "log";
  std::ofstream(log) << std::string(5000, 'x') << "\nfirst\n\nsecond\nthird\n";
  EXPECT_EQ(LastLines(log), "first | second | third");
  EXPECT_EQ(LastLines(folder.path() / "absent"), "");
}

TEST(LastLinesTest, AKnownCauseStandsAlone) {
  TestFolder folder;
  const auto log = folder.path() / "log";
  std::ofstream(log)
      << "10:02 [7] FATAL:  \"x\": No space left on device\nchild exited\nremoving\n";
  EXPECT_EQ(LastLines(log), "FATAL:  \"x\": No space left on device");
  std::ofstream(log) << "10:02 [7] LOG:  bad line 3\n10:02 [7] FATAL:  contains errors\n";
  EXPECT_EQ(LastLines(log), "10:02 [7] LOG:  bad line 3 | 10:02 [7] FATAL:  contains errors");
}

}  // namespace
}  // namespace nexus::stack
