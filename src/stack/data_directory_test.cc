#include "stack/data_directory.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "stack/test_folder.h"

namespace nexus::stack {
namespace {

Account Self() { return CurrentAccount(); }

TEST(ChooseSocketFolderTest, IsInsideTheDataDirectoryIfThePathFits) {
  EXPECT_EQ(ChooseSocketFolder({"/var/lib/nexus"}, Self(), "/run/user/7"), "/var/lib/nexus/run");
}

TEST(ChooseSocketFolderTest, CountsTheSocketsNameToTheLastByte) {
  // root + "/run/.s.PGSQL.5432" is what has to fit into 107 bytes.
  const std::string longest = "/" + std::string(kMaxSocketPath - 18 - 1, 'd');
  EXPECT_EQ(ChooseSocketFolder({longest}, Self(), ""), longest + "/run");
  EXPECT_TRUE(ChooseSocketFolder({longest + "d"}, Self(), "").native().starts_with("/tmp/nexus-"));
}

TEST(ChooseSocketFolderTest, PrefersTheUsersRuntimeFolderForALongPath) {
  const std::string folder = "/" + std::string(120, 'd');
  const auto chosen = ChooseSocketFolder({folder}, Self(), "/run/user/7");
  EXPECT_EQ(chosen.parent_path(), "/run/user/7");
  EXPECT_EQ(chosen, ChooseSocketFolder({folder}, Self(), "/run/user/7"));
  EXPECT_NE(chosen, ChooseSocketFolder({folder + "e"}, Self(), "/run/user/7"));
}

TEST(ChooseSocketFolderTest, AvoidsPathsThatPostgresSettingsWouldHaveToQuote) {
  const auto chosen = ChooseSocketFolder({"/home/ana/my, data"}, {7, 7, "ana"}, "");
  EXPECT_TRUE(chosen.native().starts_with("/tmp/nexus-7-")) << chosen;
}

TEST(DataDirectoryTest, MakesAndMarksAMissingFolder) {
  TestFolder folder;
  DataDirectory data(folder.path() / "a" / "b");
  EXPECT_EQ(ReadWhole(folder.path() / "a/b/NEXUS_VERSION"), "1\n");
}

TEST(DataDirectoryTest, TakesItsOwnFolderAgain) {
  TestFolder folder;
  {
    DataDirectory first(folder.path());
  }
  std::ofstream(folder.path() / "something") << "of ours";
  EXPECT_EQ(RefusalOf([&] { DataDirectory second(folder.path()); }), "");
}

TEST(DataDirectoryTest, RefusesAForeignFolderAndLeavesItAlone) {
  TestFolder folder;
  std::ofstream(folder.path() / "PG_VERSION") << "15\n";
  EXPECT_EQ(RefusalOf([&] { DataDirectory data(folder.path()); }),
            folder.path().native() +
                " is not empty and was not made by nexus; choose another --data-dir, or an empty "
                "folder");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "lock"));
}

TEST(DataDirectoryTest, RefusesTheLayoutOfAnotherVersion) {
  TestFolder folder;
  std::ofstream(folder.path() / "NEXUS_VERSION") << "2\n";
  EXPECT_EQ(RefusalOf([&] { DataDirectory data(folder.path()); }),
            folder.path().native() +
                " has the layout version 2, this nexus knows 1; run the nexus that made it, or "
                "choose another --data-dir");
}

TEST(DataDirectoryTest, RefusesAFile) {
  TestFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  EXPECT_EQ(RefusalOf([&] { DataDirectory data(folder.path() / "file"); }),
            "cannot use " + folder.path().native() +
                "/file: Not a directory; choose a --data-dir that is a folder");
}

TEST(DataDirectoryTest, NamesThePidOfTheOneThatUsesIt) {
  TestFolder folder;
  DataDirectory first(folder.path());
  EXPECT_EQ(RefusalOf([&] { DataDirectory second(folder.path()); }),
            std::format("another nexus (pid {}) uses {}; stop it, or choose another --data-dir",
                        getpid(), folder.path().native()));
}

TEST(DataDirectoryTest, IsFreeAgainWhenItsUserWasKilled) {
  TestFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    DataDirectory data(folder.path());
    raise(SIGKILL);
  }
  waitpid(child, nullptr, 0);
  EXPECT_EQ(RefusalOf([&] { DataDirectory data(folder.path()); }), "");
}

TEST(EnsurePrivateFolderTest, RefusesAFolderThatOthersMayRead) {
  TestFolder folder;
  EXPECT_EQ(
      RefusalOf([&] { EnsurePrivateFolder(folder.path(), Self()); }),
      std::format("{} is not a private folder of {}; remove it, or choose a shorter --data-dir",
                  folder.path().native(), Self().name));
}

TEST(EnsureFolderTest, DoesNotFollowALink) {
  TestFolder folder;
  std::filesystem::create_directory(folder.path() / "target");
  std::filesystem::create_directory_symlink("target", folder.path() / "link");
  EXPECT_NE(RefusalOf([&] { EnsureFolder(folder.path() / "link", 0700, Self()); }), "");
}

TEST(FirstClosedFolderTest, NamesTheFolderAnotherUserCannotEnter) {
  TestFolder folder;
  const auto closed = folder.path() / "closed";
  std::filesystem::create_directories(closed / "inside");
  chmod(closed.c_str(), 0700);
  const Account stranger{Self().uid + 1, Self().gid + 1, "stranger"};
  EXPECT_EQ(FirstClosedFolder(closed / "inside", stranger), closed);
  EXPECT_EQ(FirstClosedFolder(closed / "inside", Self()), "");
}

}  // namespace
}  // namespace nexus::stack
