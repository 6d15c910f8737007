// The index against the reference implementation of the recipe: tests/reference/recall.py wrote
// down what that says of a small bilingual brain.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>

#include "base/json.h"
#include "recall/brain_index.h"

namespace nexus::recall {
namespace {

namespace json = boost::json;

constexpr double kTolerance = 1e-4;
// Scores nearer than this may come in either order: single precision does not tell them apart.
constexpr double kIndistinct = 1e-5;

std::string Text(const json::value& value) { return std::string(value.as_string()); }

std::vector<float> Floats(const json::value& value) {
  std::vector<float> floats;
  for (const json::value& number : value.as_array()) floats.push_back(number.to_number<float>());
  return floats;
}

Episode ReadEpisode(const json::object& row) {
  Episode episode{.id = ParseUuid(Text(row.at("id"))).value(),
                  .content = Text(row.at("content")),
                  .occurred_at = ParseTimestamp(Text(row.at("occurred_at"))).value()};
  if (std::string session = Text(row.at("session")); !session.empty()) {
    episode.session_id = session;
  }
  if (std::string speaker = Text(row.at("speaker")); !speaker.empty()) episode.speaker = speaker;
  return episode;
}

class ReferenceTest : public testing::Test {
 protected:
  ReferenceTest() {
    std::ifstream file(NEXUS_SOURCE_DIR "/src/recall/testdata/reference.json");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    json::value fixture = ParseJson(text).value();
    questions_ = fixture.at("questions").as_array();
    const json::array& documents = fixture.at("documents").as_array();
    std::vector<const json::object*> shuffled;
    for (const json::value& row : documents) {
      ids_.push_back(ParseUuid(Text(row.at("id"))).value());
      shuffled.push_back(&row.as_object());
    }
    std::ranges::shuffle(shuffled, std::mt19937(7));
    for (const json::object* row : shuffled) Add(*row);
  }

  void Add(const json::object& row) {
    Episode episode = ReadEpisode(row);
    index_.Put(Prepare(episode));
    if (row.at("vector").is_null()) return;
    ChunkVector chunk{.begin = 0,
                      .end = static_cast<uint32_t>(episode.content.size()),
                      .values = Floats(row.at("vector"))};
    index_.SetVectors(episode.id, 1, std::span(&chunk, 1));
  }

  // `expected` holds [document, score] pairs, best first.
  void ExpectRanking(const std::vector<Hit>& hits, const json::value& expected) {
    const json::array& pairs = expected.as_array();
    std::map<Uuid, double> scores;
    for (const json::value& pair : pairs) {
      scores[ids_[pair.as_array()[0].to_number<size_t>()]] = pair.as_array()[1].to_number<double>();
    }
    ASSERT_EQ(hits.size(), pairs.size());
    for (size_t i = 0; i < hits.size(); ++i) {
      ASSERT_TRUE(scores.contains(hits[i].id)) << "rank " << i;
      EXPECT_NEAR(hits[i].score, scores[hits[i].id], kTolerance) << "rank " << i;
      double at_this_rank = pairs[i].as_array()[1].to_number<double>();
      EXPECT_NEAR(scores[hits[i].id], at_this_rank, kIndistinct) << "rank " << i;
    }
  }

  void ExpectAgreement(Mode mode, bool with_vector, std::string_view name) {
    for (const json::value& row : questions_) {
      SCOPED_TRACE(Text(row.at("text")));
      Question question{
          .terms = text::QuestionTerms(Text(row.at("text"))), .mode = mode, .limit = 10'000};
      if (with_vector) question.vector = Floats(row.at("vector"));
      ExpectRanking(index_.Search(question), row.at(name));
    }
  }

  BrainIndex index_{8};
  json::array questions_;
  std::vector<Uuid> ids_;
};

TEST_F(ReferenceTest, WordsRankAsTheReferenceDoes) { ExpectAgreement(Mode::kWords, true, "words"); }

TEST_F(ReferenceTest, VectorsRankAsTheReferenceDoes) {
  ExpectAgreement(Mode::kVectors, true, "vectors");
}

TEST_F(ReferenceTest, FusionRanksAsTheReferenceDoes) {
  ExpectAgreement(Mode::kHybrid, true, "hybrid");
}

TEST_F(ReferenceTest, FusionWithoutAQuestionVectorRanksAsTheReferenceDoes) {
  ExpectAgreement(Mode::kHybrid, false, "hybrid_without_vector");
}

}  // namespace
}  // namespace nexus::recall
