// An index written and read back answers as before; bytes that are no image are refused.
#include "recall/image.h"

#include <gtest/gtest.h>

#include <format>
#include <random>
#include <thread>

#include "base/error.h"
#include "recall/brain_index.h"
#include "recall/recipe.h"

namespace nexus::recall {
namespace {

constexpr size_t kDimension = 5;

class Bytes final : public ByteSource {
 public:
  explicit Bytes(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  void Read(std::span<std::byte> into) override {
    ASSERT_LE(into.size(), bytes_.size() - read_);
    std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(read_), into.size(), into.begin());
    read_ += into.size();
  }
  void Check() override {}
  size_t size() const { return bytes_.size(); }

 private:
  std::vector<std::byte> bytes_;
  size_t read_ = 0;
};

std::vector<std::byte> ImageOf(const BrainIndex& index) {
  std::vector<std::byte> image;
  EXPECT_TRUE(index.Write(
      [&](std::span<const std::byte> bytes) {
        image.insert(image.end(), bytes.begin(), bytes.end());
        return true;
      },
      false));
  return image;
}

// Throws what BrainIndex::Read throws.
void ReadInto(BrainIndex& index, std::vector<std::byte> image) {
  Bytes source(std::move(image));
  ImageReader reader(source, source.size());
  index.Read(reader);
}

class World {
 public:
  explicit World(uint32_t seed) : random_(seed) {}

  void Fill(BrainIndex& index, int steps) {
    for (int step = 0; step < steps; ++step) {
      const Uuid id = SomeId();
      if (Below(10) == 0) index.Remove(id);
      if (Below(10) < 7) index.Put(Prepare(SomeEpisode(id)));
      std::vector<ChunkVector> chunks(static_cast<size_t>(Below(4)));
      for (ChunkVector& chunk : chunks) chunk = {.begin = 0, .end = 3, .values = SomeVector()};
      if (Below(10) < 7) index.SetVectors(id, step, chunks);
    }
  }

  Question SomeQuestion(Mode mode) {
    Question question;
    question.terms = text::QuestionTerms(SomeText(4));
    if (mode != Mode::kWords) question.vector = SomeVector();
    question.mode = mode;
    question.limit = 20;
    question.neighbours = 1;
    question.explain = true;
    question.recency_weight = 0.1;
    question.importance_weight = 0.1;
    question.now = Timestamp(std::chrono::hours(500'000));
    if (Below(2) == 0) question.filter.tags_any = {"tag1", "tag2"};
    if (Below(2) == 0) {
      question.filter.metadata = {{.key = "n",
                                   .relation = MetadataTest::Relation::kAtLeast,
                                   .value = 9'007'199'254'740'993.0L}};
    }
    return question;
  }

 private:
  int Below(int bound) { return std::uniform_int_distribution(0, bound - 1)(random_); }

  Uuid SomeId() {
    Uuid id;
    id.bytes[15] = static_cast<uint8_t>(Below(40));
    return id;
  }

  std::string SomeText(int words) {
    std::string text;
    for (int i = 0; i < words; ++i) text += "word" + std::to_string(Below(12)) + " ";
    return text;
  }

  std::vector<float> SomeVector() {
    std::vector<float> values(kDimension);
    for (float& value : values) value = std::normal_distribution<float>()(random_);
    return values;
  }

  Episode SomeEpisode(Uuid id) {
    Episode episode;
    episode.id = id;
    episode.content = SomeText(Below(20) == 0 ? 2'000 : Below(12));
    episode.occurred_at = Timestamp(std::chrono::hours(400'000 + Below(100)));
    episode.importance_score = Below(10) / 10.0;
    for (int tag = Below(3); tag > 0; --tag) episode.tags.push_back("tag" + std::to_string(tag));
    if (Below(3) > 0) episode.session_id = "session" + std::to_string(Below(4));
    if (Below(3) > 0) episode.speaker = "Ana";
    if (Below(3) > 0) episode.project_id = "a project with a longer name";
    episode.metadata = Below(2) == 0 ? R"({"n":9007199254740993,"x":-1.5e-300,"s":"t"})"
                                     : R"({"n":[null,true,false,0,18446744073709551615]})";
    return episode;
  }

  std::mt19937 random_;
};

void ExpectSame(const std::vector<Hit>& actual, const std::vector<Hit>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    EXPECT_EQ(actual[i].id, expected[i].id) << "rank " << i;
    EXPECT_EQ(actual[i].score, expected[i].score) << "rank " << i;
    EXPECT_EQ(actual[i].words, expected[i].words) << "rank " << i;
    EXPECT_EQ(actual[i].meaning, expected[i].meaning) << "rank " << i;
    EXPECT_EQ(actual[i].begin, expected[i].begin) << "rank " << i;
    EXPECT_EQ(actual[i].end, expected[i].end) << "rank " << i;
    EXPECT_EQ(actual[i].before, expected[i].before) << "rank " << i;
    EXPECT_EQ(actual[i].behind, expected[i].behind) << "rank " << i;
    EXPECT_EQ(actual[i].explanation.matched, expected[i].explanation.matched) << "rank " << i;
  }
}

void ExpectSameAnswers(World& world, const BrainIndex& actual, const BrainIndex& expected) {
  EXPECT_EQ(actual.size(), expected.size());
  EXPECT_EQ(actual.embedded(), expected.embedded());
  for (Mode mode : {Mode::kHybrid, Mode::kWords, Mode::kVectors}) {
    for (int i = 0; i < 5; ++i) {
      const Question question = world.SomeQuestion(mode);
      ExpectSame(actual.Search(question), expected.Search(question));
    }
  }
}

TEST(ImageTest, WhatIsReadBackAnswersAsBeforeAlsoAfterFurtherChanges) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    World world(seed);
    BrainIndex written(kDimension), read(kDimension);
    world.Fill(written, 200);
    ReadInto(read, ImageOf(written));
    ExpectSameAnswers(world, read, written);
    World same_steps = world;
    world.Fill(written, 200);
    same_steps.Fill(read, 200);
    ExpectSameAnswers(world, read, written);
  }
}

TEST(ImageTest, AnEmptyIndexIsReadBackToo) {
  BrainIndex written(kDimension), read(kDimension);
  ReadInto(read, ImageOf(written));
  EXPECT_EQ(read.size(), 0u);
}

TEST(ImageTest, AnotherDimensionIsRefusedAndChangesNothing) {
  World world(1);
  BrainIndex written(kDimension), other(kDimension + 1);
  world.Fill(written, 50);
  other.Put(Prepare({.content = "hello"}));
  EXPECT_THROW(ReadInto(other, ImageOf(written)), Failure);
  EXPECT_EQ(other.size(), 1u);
}

TEST(ImageTest, WhatIsCutOffOrGoesOnIsRefused) {
  World world(2);
  BrainIndex written(kDimension);
  world.Fill(written, 30);
  const std::vector<std::byte> image = ImageOf(written);
  for (size_t size = 0; size < image.size(); size += 7) {
    BrainIndex read(kDimension);
    EXPECT_THROW(ReadInto(read, {image.begin(), image.begin() + static_cast<ptrdiff_t>(size)}),
                 Failure);
    EXPECT_EQ(read.size(), 0u);
  }
  std::vector<std::byte> longer = image;
  longer.push_back(std::byte(0));
  BrainIndex read(kDimension);
  EXPECT_THROW(ReadInto(read, longer), Failure);
}

// A digest of the whole file comes before this in life. Without one a changed byte may go unseen,
// but whatever it is, an index that can be searched and changed comes out, or a refusal.
TEST(ImageTest, ChangedBytesAreRefusedOrReadButNeverBreakAnything) {
  World world(3);
  BrainIndex written(kDimension);
  world.Fill(written, 30);
  const std::vector<std::byte> image = ImageOf(written);
  std::mt19937 random(4);
  int refused = 0;
  for (int round = 0; round < 4'000; ++round) {
    std::vector<std::byte> changed = image;
    for (int flips = 1 + round % 3; flips > 0; --flips) {
      const size_t place = std::uniform_int_distribution<size_t>(0, image.size() - 1)(random);
      changed[place] ^= static_cast<std::byte>(1 << round % 8);
    }
    BrainIndex read(kDimension);
    try {
      ReadInto(read, std::move(changed));
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().code, ErrorCode::kInvalid);
      ++refused;
      continue;
    }
    read.Search(world.SomeQuestion(Mode::kHybrid));
    World(5).Fill(read, 20);
    read.Search(world.SomeQuestion(Mode::kHybrid));
  }
  EXPECT_GT(refused, 100);
  EXPECT_LT(refused, 4'000);
}

TEST(ImageTest, ASinkThatWantsNoMoreEndsTheWriting) {
  World world(6);
  BrainIndex index(kDimension);
  world.Fill(index, 50);
  int asked = 0;
  EXPECT_FALSE(index.Write(
      [&](std::span<const std::byte>) {
        ++asked;
        return false;
      },
      true));
  EXPECT_EQ(asked, 1);
}

// Whether the change has begun to wait when the sink is asked again is up to the threads: it is
// tried until it has.
TEST(ImageTest, AChangeThatWaitsEndsAWritingThatYieldsAndNoOther) {
  Episode large;  // more than a writer holds back before it asks the sink
  for (int i = 0; i < 400'000; ++i) large.content += std::format("w{} ", i);
  large.id.bytes[0] = 1;
  BrainIndex index(kDimension);
  index.Put(Prepare(large));
  for (bool yields : {false, true}) {
    bool is_written = true;
    for (int round = 0; round < (yields ? 1'000 : 3) && is_written; ++round) {
      std::jthread changer;
      is_written = index.Write(
          [&](std::span<const std::byte>) {
            if (!changer.joinable())
              changer = std::jthread([&] { index.Remove({}); });  // waits for us
            std::this_thread::yield();
            return true;
          },
          yields);
    }
    EXPECT_EQ(is_written, !yields);
  }
}

TEST(ImageTest, EveryChangeIsCounted) {
  BrainIndex index(kDimension);
  const uint64_t before = index.changes();
  index.Put(Prepare({.content = "hello"}));
  index.SetVectors({}, 1, {});
  index.Remove({});
  EXPECT_EQ(index.changes(), before + 3);
}

TEST(ImageTest, TheDigestOfTheRecipeIsTheSameEachTime) {
  EXPECT_EQ(RecipeDigest(), RecipeDigest());
  EXPECT_EQ(RecipeDigest().size(), 64u);
}

}  // namespace
}  // namespace nexus::recall
