#include "memory/snapshot_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <random>

#include "base/bytes.h"

namespace nexus::memory {
namespace {

constexpr size_t kDimension = 4;

class SnapshotFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("nexus-" + RandomToken(6));
    std::filesystem::create_directory(folder_);
    header_.key = {7, RandomUuid()};
    header_.origin = {"ab12", "nexus 1", "1.2.3"};
    header_.position = {"77.1", "1234", 56};
    header_.episodes = 3;
    path_ = folder_ / SnapshotName(header_.key);
    for (uint8_t i = 0; i < 3; ++i) {
      Episode episode{.content = "guitar number " + std::to_string(i)};
      episode.id.bytes[15] = i;
      index_.Put(recall::Prepare(episode));
      const recall::ChunkVector chunk{.begin = 0, .end = 5, .values = {1, 0, 0, 0}};
      index_.SetVectors(episode.id, 1, {&chunk, 1});
    }
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  bool Write(bool yields = false) {
    SnapshotPen pen;
    return WriteSnapshot(path_, header_, index_, yields, pen);
  }

  std::string Bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void Replace(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }

  // Empty if it was read, else why not; then nothing may be in the index.
  std::string Refusal() const {
    recall::BrainIndex read(kDimension);
    try {
      SnapshotReader(path_).ReadInto(read);
    } catch (const Failure& failure) {
      EXPECT_EQ(read.size(), 0u);
      return failure.what();
    }
    return "";
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  std::filesystem::path folder_, path_;
  SnapshotHeader header_;
  recall::BrainIndex index_{kDimension};
};

TEST_F(SnapshotFileTest, WhatWasWrittenIsReadBackByItsOwnerAlone) {
  EXPECT_TRUE(Write());
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  SnapshotReader reader(path_);
  EXPECT_EQ(reader.header(), header_);
  recall::BrainIndex read(kDimension);
  reader.ReadInto(read);
  EXPECT_EQ(read.size(), 3u);
  EXPECT_EQ(read.embedded(), 3u);
  EXPECT_EQ(Names().size(), 1u);
}

TEST_F(SnapshotFileTest, EveryTruncatedFileIsRefused) {
  Write();
  const std::string whole = Bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    if (size > 32 && size < kSnapshotHeaderBytes - 32 && size % 61 != 0) continue;
    Replace(whole.substr(0, size));
    EXPECT_NE(Refusal(), "") << size << " of " << whole.size();
  }
}

TEST_F(SnapshotFileTest, EveryFlippedBitIsRefused) {
  Write();
  const std::string whole = Bytes();
  for (size_t place = 0; place < whole.size(); ++place) {
    std::string changed = whole;
    changed[place] = static_cast<char>(changed[place] ^ 1 << place % 8);
    Replace(changed);
    EXPECT_NE(Refusal(), "") << "byte " << place << " of " << whole.size();
  }
}

TEST_F(SnapshotFileTest, GarbageIsRefused) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::string bytes(std::uniform_int_distribution<size_t>(0, 10'000)(random), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    Replace(bytes);
    EXPECT_NE(Refusal(), "");
  }
}

TEST_F(SnapshotFileTest, WhatGoesOnBehindItsEndIsRefused) {
  Write();
  Replace(Bytes() + "x");
  EXPECT_NE(Refusal(), "");
}

TEST_F(SnapshotFileTest, AFileUnderTheNameOfAnotherBrainIsRefused) {
  Write();
  const auto from = path_;
  path_ = folder_ / SnapshotName({7, RandomUuid()});
  std::filesystem::rename(from, path_);
  EXPECT_NE(Refusal(), "");
}

TEST_F(SnapshotFileTest, AMovedOneIsTrueUpToTheNewPosition) {
  Write();
  header_.position = {"77.1", "99999", -1};  // before the first row of it
  MoveSnapshot(path_, header_);
  EXPECT_EQ(SnapshotReader(path_).header(), header_);
  EXPECT_EQ(Refusal(), "");
}

TEST_F(SnapshotFileTest, WhoseFileIsRemovedWhileItIsWrittenLeavesNothing) {
  Write();
  SnapshotPen pen;
  RemoveSnapshot(path_, &pen);
  EXPECT_TRUE(Names().empty());
  EXPECT_FALSE(WriteSnapshot(path_, header_, index_, false, pen));
  EXPECT_TRUE(Names().empty());
  RemoveSnapshot(path_, nullptr);  // nothing to remove is no failure
}

TEST_F(SnapshotFileTest, AFailureIsToldAndLeavesNothingBehind) {
  path_ = folder_ / "nowhere" / "x";
  EXPECT_THROW(Write(), Failure);
  EXPECT_THROW(SnapshotReader reader(path_), Failure);
  EXPECT_THROW(MoveSnapshot(path_, header_), Failure);
}

TEST_F(SnapshotFileTest, WhatIsErasedIsInNoFurtherFile) {
  Episode secret{.content = "the canary sings ultramarine"};
  secret.id.bytes[0] = 9;
  secret.session_id = "vermilion";
  index_.Put(recall::Prepare(secret));
  Write();
  EXPECT_TRUE(Bytes().contains("ultramarin"));
  EXPECT_TRUE(Bytes().contains("vermilion"));
  index_.Remove(secret.id);
  Write();
  EXPECT_FALSE(Bytes().contains("canari"));
  EXPECT_FALSE(Bytes().contains("ultramarin"));
  EXPECT_FALSE(Bytes().contains("vermilion"));
}

TEST(SnapshotNameTest, NamesAreReadBackAndOthersAreNone) {
  const SnapshotKey key{12, RandomUuid()};
  EXPECT_EQ(ParseSnapshotName(SnapshotName(key)), key);
  for (const char* other : {"", "lock", "1-2.index", "x-00000000-0000-0000-0000-000000000000.index",
                            "1-00000000-0000-0000-0000-000000000000.index.part",
                            "01-00000000-0000-0000-0000-000000000000.index"}) {
    EXPECT_FALSE(ParseSnapshotName(other)) << other;
  }
}

}  // namespace
}  // namespace nexus::memory
