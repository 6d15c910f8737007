// Whatever was put, replaced and removed, in whatever order: the index answers as one that was
// built from what is left.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "recall/brain_index.h"

namespace nexus::recall {
namespace {

constexpr size_t kDimension = 5;
constexpr int kOperations = 6'000;  // beyond the first sweep of removed postings
constexpr int kCheckEvery = 500;
constexpr int kIds = 150;

struct Survivor {
  PreparedEpisode episode;
  std::vector<ChunkVector> chunks;
  int64_t generation = -1;
};

class World {
 public:
  explicit World(uint32_t seed) : random_(seed) {}

  void Step() {
    int choice = Below(10);
    if (choice < 5) Put();
    if (choice >= 5 && choice < 8) SetVectors();
    if (choice >= 8) Remove();
  }

  void ExpectSameAnswers() {
    BrainIndex fresh(kDimension);
    size_t embedded = 0;
    for (const auto& [id, survivor] : survivors_) {
      fresh.Put(survivor.episode);
      fresh.SetVectors(id, survivor.generation, survivor.chunks);
      embedded += survivor.chunks.empty() ? 0 : 1;
    }
    EXPECT_EQ(index_.size(), survivors_.size());
    EXPECT_EQ(index_.embedded(), embedded);
    for (Mode mode : {Mode::kHybrid, Mode::kWords, Mode::kVectors}) {
      Question question = NewQuestion(mode);
      ExpectSame(index_.Search(question), fresh.Search(question));
    }
  }

 private:
  static void ExpectSame(const std::vector<Hit>& actual, const std::vector<Hit>& expected) {
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); ++i) {
      EXPECT_EQ(actual[i].id, expected[i].id) << "rank " << i;
      EXPECT_NEAR(actual[i].score, expected[i].score, 1e-5) << "rank " << i;
      EXPECT_EQ(actual[i].words.has_value(), expected[i].words.has_value()) << "rank " << i;
      EXPECT_EQ(actual[i].meaning, expected[i].meaning) << "rank " << i;
      EXPECT_EQ(actual[i].begin, expected[i].begin) << "rank " << i;
      EXPECT_EQ(actual[i].end, expected[i].end) << "rank " << i;
    }
  }

  int Below(int bound) { return std::uniform_int_distribution(0, bound - 1)(random_); }

  Uuid SomeId() {
    Uuid id;
    id.bytes[15] = static_cast<uint8_t>(Below(kIds));
    return id;
  }

  std::string SomeTerm() { return "term" + std::to_string(Below(6) * Below(6)); }

  std::optional<std::string> SomeSession() {
    if (Below(5) == 0) return std::nullopt;
    return "session" + std::to_string(Below(6));
  }

  std::vector<float> SomeVector() {
    std::vector<float> values(kDimension);
    for (float& value : values) value = std::normal_distribution<float>()(random_);
    return values;
  }

  void Put() {
    PreparedEpisode episode{
        .id = SomeId(),
        .attributes = {.session_id = SomeSession(),
                       .occurred_at = Timestamp(std::chrono::seconds(Below(50)))},
        .version = Below(4)};
    uint32_t end = 0;
    for (int i = Below(3); i >= 0; --i) {
      std::map<std::string, float> frequency;
      for (int term = Below(8); term > 0; --term) frequency[SomeTerm()] += 1;
      PreparedEpisode::Passage passage{.begin = end, .end = end + 10};
      for (const auto& [term, count] : frequency) passage.length += count;
      passage.frequency.assign(frequency.begin(), frequency.end());
      episode.passages.push_back(std::move(passage));
      end += 10;
    }
    index_.Put(episode);
    auto [place, is_new] = survivors_.try_emplace(episode.id);
    if (is_new || place->second.episode.version <= episode.version) {
      place->second.episode = std::move(episode);
    }
  }

  void SetVectors() {
    Uuid id = SomeId();
    int64_t generation = Below(20);
    std::vector<ChunkVector> chunks;
    for (uint32_t i = 0, count = Below(4); i < count; ++i) {
      chunks.push_back({.begin = i, .end = i + 2, .values = SomeVector()});
    }
    index_.SetVectors(id, generation, chunks);
    auto place = survivors_.find(id);
    if (place == survivors_.end() || place->second.generation > generation) return;
    place->second.generation = generation;
    place->second.chunks = std::move(chunks);
  }

  void Remove() {
    Uuid id = SomeId();
    index_.Remove(id);
    survivors_.erase(id);
  }

  Question NewQuestion(Mode mode) {
    Question question{.vector = SomeVector(), .mode = mode, .limit = kIds};
    for (int i = Below(4); i >= 0; --i) question.terms.push_back({{SomeTerm(), SomeTerm()}});
    return question;
  }

  std::mt19937 random_;
  BrainIndex index_{kDimension};
  std::map<Uuid, Survivor> survivors_;
};

TEST(RebuildTest, AnyHistoryAnswersLikeAFreshIndexOfWhatIsLeft) {
  World world(20260101);
  for (int i = 1; i <= kOperations; ++i) {
    world.Step();
    if (i % kCheckEvery == 0) world.ExpectSameAnswers();
    if (testing::Test::HasFailure()) FAIL() << "after operation " << i;
  }
}

}  // namespace
}  // namespace nexus::recall
