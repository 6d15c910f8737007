// Filters, weights, neighbours and explanations of the index, against brute force over what it
// says without them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <format>
#include <map>
#include <random>

#include "recall/brain_index.h"

namespace nexus::recall {
namespace {

constexpr size_t kDimension = 4;
constexpr int kEpisodes = 120;
constexpr int kQuestions = 400;
constexpr size_t kAll = kEpisodes;

class FilterTest : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < kEpisodes; ++i) {
      Episode episode = SomeEpisode(i);
      index_.Put(Prepare(episode));
      if (Below(10) > 0) {
        const ChunkVector chunk{.begin = 0, .end = 1, .values = SomeVector()};
        index_.SetVectors(episode.id, 1, std::span(&chunk, 1));
      }
      episodes_.emplace(episode.id, std::move(episode));
    }
  }

  int Below(int bound) { return std::uniform_int_distribution(0, bound - 1)(random_); }
  std::string Label(int kinds) { return std::string(1, static_cast<char>('a' + Below(kinds))); }
  template <typename T>
  std::optional<T> Sometimes(T value) {
    return Below(3) == 0 ? std::optional(std::move(value)) : std::nullopt;
  }

  std::vector<std::string> SomeTags(int most) {
    std::vector<std::string> tags;
    for (int i = Below(most + 1); i > 0; --i) tags.push_back(Label(5));
    return tags;
  }

  std::vector<float> SomeVector() {
    std::vector<float> values(kDimension);
    float square = 0;
    for (float& value : values) {
      value = std::normal_distribution<float>()(random_);
      square += value * value;
    }
    for (float& value : values) value /= std::sqrt(square);
    return values;
  }

  std::string SomeText(int words) {
    static constexpr const char* kWords[] = {"guitar", "harbour", "lighthouse", "violin",
                                             "bicycle"};
    std::string text;
    for (int i = 0; i < words; ++i) text += std::format("{} ", kWords[Below(5)]);
    return text;
  }

  Episode SomeEpisode(int number) {
    Episode episode{.content = SomeText(1 + Below(4)),
                    .occurred_at = Timestamp(std::chrono::days(Below(50))),
                    .importance_score = Below(11) / 10.0,
                    .tags = SomeTags(3),
                    .project_id = Sometimes(Label(2)),
                    .session_id = Sometimes(Label(4)),
                    .speaker = Sometimes(Label(3)),
                    .metadata = std::format(R"({{"year":{},"city":"{}"}})", Below(5), Label(3))};
    episode.id.bytes[15] = static_cast<uint8_t>(number);
    return episode;
  }

  EpisodeFilter SomeFilter() {
    EpisodeFilter filter{.project_id = Sometimes(Label(2)),
                         .session_id = Sometimes(Label(4)),
                         .speaker = Sometimes(Label(3)),
                         .occurred_from = Sometimes(Timestamp(std::chrono::days(Below(50)))),
                         .occurred_before = Sometimes(Timestamp(std::chrono::days(Below(60)))),
                         .min_importance = Sometimes(Below(11) / 10.0),
                         .max_importance = Sometimes(Below(11) / 10.0)};
    if (Below(3) == 0) filter.tags_any = SomeTags(3);
    if (Below(3) == 0) filter.tags_all = SomeTags(2);
    if (Below(3) == 0) filter.tags_none = SomeTags(2);
    if (Below(3) == 0) {
      filter.metadata.push_back(
          {"year", MetadataTest::Relation::kAtLeast, static_cast<long double>(Below(5))});
    }
    return filter;
  }

  Question SomeQuestion() {
    static constexpr Mode kModes[] = {Mode::kHybrid, Mode::kWords, Mode::kVectors};
    return {.terms = text::QuestionTerms(SomeText(1 + Below(2))),
            .vector = SomeVector(),
            .mode = kModes[Below(3)],
            .limit = kAll,
            .filter = {},
            .now = Timestamp(std::chrono::days(50))};
  }

  const Episode& Of(const Hit& hit) const { return episodes_.at(hit.id); }

  static std::vector<std::pair<Uuid, double>> Ranking(const std::vector<Hit>& hits) {
    std::vector<std::pair<Uuid, double>> ranking;
    for (const Hit& hit : hits) ranking.emplace_back(hit.id, hit.score);
    return ranking;
  }

  std::vector<Uuid> SessionOf(const Episode& episode) const {
    std::vector<const Episode*> turns;
    for (const auto& [id, other] : episodes_) {
      if (other.session_id == episode.session_id) turns.push_back(&other);
    }
    std::ranges::sort(turns, {}, [](const Episode* e) { return std::pair(e->occurred_at, e->id); });
    std::vector<Uuid> ids;
    for (const Episode* turn : turns) ids.push_back(turn->id);
    return ids;
  }

  std::mt19937 random_{20261126};
  BrainIndex index_{kDimension};
  std::map<Uuid, Episode> episodes_;
};

// Catches the mutant that filters after the limit.
TEST_F(FilterTest, WhatPassesStandsAsInTheWholeRanking) {
  size_t found = 0;
  for (int i = 0; i < kQuestions; ++i) {
    Question question = SomeQuestion();
    std::vector<Hit> expected = index_.Search(question);
    question.filter = SomeFilter();
    std::erase_if(expected,
                  [&](const Hit& hit) { return !Passes(AttributesOf(Of(hit)), question.filter); });
    question.limit = 1 + static_cast<size_t>(Below(5));
    expected.resize(std::min(expected.size(), question.limit));
    EXPECT_EQ(Ranking(index_.Search(question)), Ranking(expected)) << "question " << i;
    found += expected.size();
  }
  EXPECT_GT(found, kQuestions / 4U);
}

TEST_F(FilterTest, WeightsAddRecencyAndImportanceToEveryScore) {
  for (int i = 0; i < kQuestions / 10; ++i) {
    Question question = SomeQuestion();
    std::map<Uuid, double> expected;
    for (const Hit& hit : index_.Search(question)) {
      const std::chrono::duration<double, std::chrono::days::period> age =
          question.now - Of(hit).occurred_at;
      expected[hit.id] =
          hit.score + 0.7 * std::pow(0.5, age.count() / 10) + 0.3 * Of(hit).importance_score;
    }
    question.recency_weight = 0.7;
    question.half_life = std::chrono::days(10);
    question.importance_weight = 0.3;
    const std::vector<Hit> hits = index_.Search(question);
    ASSERT_EQ(hits.size(), expected.size());
    EXPECT_TRUE(std::ranges::is_sorted(hits, std::ranges::greater(), &Hit::score));
    for (const Hit& hit : hits) EXPECT_NEAR(hit.score, expected.at(hit.id), 1e-9);
  }
}

TEST_F(FilterTest, WhatIsStillToComeIsAsRecentAsNow) {
  Question question = SomeQuestion();
  question.mode = Mode::kVectors;
  question.now = Timestamp(std::chrono::days(-1));
  question.recency_weight = 1;
  question.explain = true;
  for (const Hit& hit : index_.Search(question)) EXPECT_EQ(hit.explanation.recency, 1);
}

TEST_F(FilterTest, NeighboursAreThoseOfTheSessionInItsOrderWhateverTheFilterKeepsOut) {
  size_t seen = 0;
  for (int i = 0; i < kQuestions / 10; ++i) {
    Question question = SomeQuestion();
    question.neighbours = 2;
    question.filter.speaker = "a";
    question.filter.tags_none = {"e"};
    for (const Hit& hit : index_.Search(question)) {
      std::vector<Uuid> expected_before, expected_behind;
      if (Of(hit).session_id) {
        const std::vector<Uuid> session = SessionOf(Of(hit));
        const auto at = std::ranges::find(session, hit.id) - session.begin();
        for (ptrdiff_t place = std::max<ptrdiff_t>(0, at - 2);
             place <= at + 2 && place < std::ssize(session); ++place) {
          const Uuid id = session[static_cast<size_t>(place)];
          if (place == at || std::ranges::contains(episodes_.at(id).tags, "e")) continue;
          (place < at ? expected_before : expected_behind).push_back(id);
        }
      }
      EXPECT_EQ(hit.before, expected_before);
      EXPECT_EQ(hit.behind, expected_behind);
      seen += hit.before.size() + hit.behind.size();
    }
  }
  EXPECT_GT(seen, 100U);
}

TEST_F(FilterTest, AnExplanationTellsThePlaceInEachArmAndTheWordsThatMatched) {
  for (int i = 0; i < kQuestions / 10; ++i) {
    Question question = SomeQuestion();
    question.filter = {.min_importance = 0.3};
    Question arm = question;
    arm.mode = Mode::kWords;
    const std::vector<Hit> by_words = index_.Search(arm);
    arm.mode = Mode::kVectors;
    const std::vector<Hit> by_meaning = index_.Search(arm);
    const auto place = [](const std::vector<Hit>& hits, Uuid id) {
      const auto found = std::ranges::find(hits, id, &Hit::id);
      return found == hits.end() ? 0 : static_cast<size_t>(found - hits.begin()) + 1;
    };
    question.mode = Mode::kHybrid;
    question.limit = 7;
    question.explain = true;
    question.importance_weight = 0.1;
    for (const Hit& hit : index_.Search(question)) {
      const Explanation& told = hit.explanation;
      EXPECT_EQ(told.words_rank, place(by_words, hit.id));
      EXPECT_EQ(told.meaning_rank, place(by_meaning, hit.id));
      EXPECT_EQ(told.matched.empty(), told.words_rank == 0);
      if (!hit.meaning) continue;
      EXPECT_NEAR(hit.score,
                  hit.words.value_or(0) + 6 * *hit.meaning + told.session + told.importance, 1e-6);
    }
  }
}

TEST_F(FilterTest, ReplacedAttributesCountAtOnce) {
  Episode episode = episodes_.begin()->second;
  episode.tags = {"only-here"};
  episode.version = 2;
  index_.Put(Prepare(episode));
  Question question = SomeQuestion();
  question.mode = Mode::kWords;
  question.terms = text::QuestionTerms(episode.content);
  question.filter.tags_all = {"only-here"};
  ASSERT_EQ(index_.Search(question).size(), 1U);
  index_.Remove(episode.id);
  EXPECT_TRUE(index_.Search(question).empty());
}

}  // namespace
}  // namespace nexus::recall
