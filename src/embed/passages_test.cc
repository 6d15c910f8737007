#include "embed/passages.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "embed/fake_embedder.h"

namespace nexus::embed {
namespace {

using text::Turn;

const Timestamp kNow = *ParseTimestamp("2026-11-24T13:56:00Z");

std::string RandomText(std::mt19937& random, size_t words) {
  static const std::vector<std::string> kPieces{"a",
                                                "memoria",
                                                "persistente.",
                                                "¿Qué?",
                                                "日本語の文章。",
                                                "👩‍🚀",
                                                "\n",
                                                "\n\n",
                                                "…",
                                                "supercalifragilistico",
                                                "fin!",
                                                "e\u0301",
                                                "  ",
                                                "x y",
                                                "0123456789012345678901234567890123456789"};
  std::string text;
  for (size_t i = 0; i < words; ++i) {
    text += kPieces[random() % kPieces.size()];
    if (random() % 4 != 0) text += ' ';
  }
  return text;
}

void ExpectCovered(const std::vector<Passage>& passages, std::string_view content) {
  ASSERT_FALSE(passages.empty());
  EXPECT_EQ(passages.front().begin, 0u);
  EXPECT_EQ(passages.back().end, content.size());
  for (size_t i = 1; i < passages.size(); ++i) {
    EXPECT_LE(passages[i].begin, passages[i - 1].end);
    EXPECT_GT(passages[i].end, passages[i - 1].end);
  }
}

void ExpectFit(const Embedder& embedder, const std::vector<Passage>& passages) {
  for (const Passage& passage : passages) {
    for (const std::string& text : {passage.plain, passage.context}) {
      EXPECT_LE(embedder.CountTokens(text, TextRole::kPassage), embedder.info().max_tokens) << text;
    }
  }
}

TEST(PassagesTest, AShortEpisodeIsOnePassageWithItsNeighboursBehind) {
  const FakeEmbedder embedder(64);
  const std::vector<Turn> before{{"Eva", "cerca"}, {"Ana", "lejos"}};
  const auto passages = Passages(embedder, "hola", "Ana", kNow, before);
  ASSERT_EQ(passages.size(), 1u);
  EXPECT_EQ(passages[0].plain, text::IndexedText("Ana", kNow, "hola"));
  EXPECT_EQ(passages[0].context, text::ContextText(passages[0].plain, before));
  EXPECT_EQ(passages[0].end, 4u);
}

TEST(PassagesTest, WhateverTheTextNoByteIsLostAndEverythingFits) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const FakeEmbedder embedder(40 + random() % 100);
    const std::string content = "x" + RandomText(random, random() % 400);
    std::optional<std::string> speaker;
    if (random() % 2 == 0) speaker = std::string(1 + random() % 256, 'S');
    std::vector<Turn> before;
    for (size_t i = random() % 3; i > 0; --i)
      before.push_back({"Eva", RandomText(random, random() % 200)});
    const auto passages = Passages(embedder, content, speaker, kNow, before);
    ExpectCovered(passages, content);
    ExpectFit(embedder, passages);
    for (size_t i = 0; i < passages.size(); ++i) {
      const auto [begin, end, plain, context] = passages[i];
      EXPECT_NE(plain.find(content.substr(begin, end - begin)), std::string::npos);
      EXPECT_TRUE(context.starts_with(plain));
      if (i > 0) {
        EXPECT_EQ(context, plain);
      }
    }
  }
}

TEST(PassagesTest, TheFarthestTurnGivesWayFirstAndAtAWordBorder) {
  const FakeEmbedder embedder(40);
  const std::vector<Turn> before{{"Eva", "near by"},
                                 {"Ana",
                                  "uno dos tres cuatro cinco seis siete "
                                  "ocho nueve diez once doce trece catorce"}};
  const std::string context = Passages(embedder, "hola", "Ana", kNow, before)[0].context;
  EXPECT_NE(context.find("Eva: near by"), std::string::npos);
  const size_t far = context.find("Ana: uno");
  ASSERT_NE(far, std::string::npos) << context;
  const std::string kept = context.substr(far + 5);
  EXPECT_LT(kept.size(), before[1].text.size());
  EXPECT_TRUE(before[1].text.starts_with(kept + " ")) << kept;
}

TEST(PassagesTest, ASpeakerWhoWouldFillTheModelIsLeftOut) {
  const FakeEmbedder embedder(32);
  EXPECT_EQ(Passages(embedder, "hola", std::string(256, 'S'), kNow, {})[0].plain, "hola");
}

TEST(PassagesTest, TheStoredVectorIsTheMeanOfBothAndNotNormalisedAgain) {
  const FakeEmbedder embedder(64);
  const std::vector<Turn> before{{"Eva", "cerca"}};
  const Passage passage = Passages(embedder, "hola", "Ana", kNow, before)[0];
  const auto plain = embedder.Embed(passage.plain, TextRole::kPassage);
  const auto context = embedder.Embed(passage.context, TextRole::kPassage);
  const auto stored = EmbedPassages(embedder, {{passage}})[0];
  ASSERT_NE(plain, context);
  for (size_t i = 0; i < stored.size(); ++i) EXPECT_EQ(stored[i], (plain[i] + context[i]) / 2);
}

TEST(PassagesTest, ALongQuestionIsTheNormalisedMeanOfItsChunks) {
  const FakeEmbedder embedder(32);
  std::string question;
  for (int i = 0; i < 100; ++i) question += "dónde está ";
  const auto vector = EmbedQuestion(embedder, question);
  EXPECT_GT(embedder.runs, 1);
  double squares = 0;
  for (float value : vector) squares += double{value} * value;
  EXPECT_NEAR(squares, 1, 1e-5);
}

TEST(PoolingTest, AVectorWithoutADirectionIsRefused) {
  EXPECT_THROW(UnitVector({0, 0, 0}), Failure);
  EXPECT_THROW(UnitVector({1, NAN, 0}), Failure);
  EXPECT_THROW(UnitVector({INFINITY, 0, 0}), Failure);
}

}  // namespace
}  // namespace nexus::embed
