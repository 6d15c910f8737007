#include "recall/brain_index.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <format>
#include <future>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>

namespace nexus::recall {
namespace {

Uuid Id(int number) {
  Uuid id;
  id.bytes[14] = static_cast<uint8_t>(number >> 8);
  id.bytes[15] = static_cast<uint8_t>(number);
  return id;
}

Episode Note(int number, std::string content, std::optional<std::string> session = {}) {
  return {.id = Id(number),
          .content = std::move(content),
          .occurred_at = Timestamp(std::chrono::minutes(number)),
          .session_id = std::move(session)};
}

ChunkVector Chunk(std::vector<float> values, uint32_t begin = 0, uint32_t end = 1) {
  return {.begin = begin, .end = end, .values = std::move(values)};
}

void SetVector(BrainIndex& index, int number, std::vector<float> values) {
  ChunkVector chunk = Chunk(std::move(values));
  index.SetVectors(Id(number), 1, std::span(&chunk, 1));
}

Question Ask(std::string_view words, Mode mode = Mode::kWords) {
  return {.terms = text::QuestionTerms(words), .mode = mode};
}

std::vector<Uuid> Ids(const std::vector<Hit>& hits) {
  std::vector<Uuid> ids;
  for (const Hit& hit : hits) ids.push_back(hit.id);
  return ids;
}

TEST(BrainIndexTest, AnEmptyIndexFindsNothing) {
  BrainIndex index(2);
  Question question = Ask("guitar", Mode::kHybrid);
  question.vector = {1, 0};
  EXPECT_TRUE(index.Search(question).empty());
  EXPECT_TRUE(index.Search(Ask("")).empty());
  index.Remove(Id(1));
  EXPECT_EQ(index.size(), 0U);
}

TEST(BrainIndexTest, WordsThatNoMemoryHoldsFindNothing) {
  BrainIndex index(0);
  index.Put(Prepare(Note(1, "The guitar is in the attic.")));
  EXPECT_TRUE(index.Search(Ask("zeppelin")).empty());
  EXPECT_TRUE(index.Search(Ask("")).empty());
  EXPECT_TRUE(index.Search(Ask("guitar", Mode::kVectors)).empty());
}

TEST(BrainIndexTest, ALimitBoundsTheHitsAndMayBeAnything) {
  BrainIndex index(0);
  for (int i = 0; i < 20; ++i) index.Put(Prepare(Note(i, "The guitar is in the attic.")));
  Question question = Ask("guitar");
  for (size_t limit : {size_t{0}, size_t{7}, std::numeric_limits<size_t>::max()}) {
    question.limit = limit;
    EXPECT_EQ(index.Search(question).size(), std::min<size_t>(limit, 20));
  }
}

TEST(BrainIndexTest, WhatSaysTheSameIsFoldedIntoTheBest) {
  BrainIndex index(0);
  const std::string once = "The ferry to the island leaves the old pier at seven in the morning";
  index.Put(Prepare(Note(1, once)));
  index.Put(Prepare(Note(2, once + "!")));
  Episode said = Note(3, once);
  said.speaker = "Ana";  // who said it, and when, is no difference
  index.Put(Prepare(said));
  index.Put(Prepare(Note(4, "The ferry to the island leaves the old pier at nine in the morning")));
  Question question = Ask("ferry island pier");
  question.dedupe = true;
  std::vector<Hit> hits = index.Search(question);
  ASSERT_EQ(hits.size(), 2U);
  std::vector<Uuid> all = hits[0].folded;
  all.push_back(hits[0].id);
  std::ranges::sort(all);
  EXPECT_EQ(all, (std::vector{Id(1), Id(2), Id(3)}));
  EXPECT_EQ(hits[1].id, Id(4));
  question.limit = 1;
  EXPECT_EQ(index.Search(question).size(), 1U);
}

// Against the definition: down the list of all hits, each that says the same as one above is left
// out, and the limit counts what is kept.
TEST(BrainIndexTest, FoldingIsAsBruteForceDoesIt) {
  std::minstd_rand random(7);
  const std::vector<std::string> words = {"lamp", "pier", "boat", "rain", "stone", "bread", "mill"};
  BrainIndex index(0);
  std::map<Uuid, std::set<std::string>> terms;
  for (int number = 0; number < 300; ++number) {
    std::string content = "harbour";
    for (size_t i = 0; i < 2 + random() % 14; ++i) {
      content += std::format(" {}{}", words[random() % words.size()], random() % 2);
    }
    index.Put(Prepare(Note(number, content)));
    const std::vector<std::string> found = text::DocumentTerms(content);
    terms[Id(number)] = {found.begin(), found.end()};
  }
  const auto same = [&](Uuid a, Uuid b) {
    std::vector<std::string> common;
    std::ranges::set_intersection(terms[a], terms[b], std::back_inserter(common));
    const size_t all = terms[a].size() + terms[b].size() - common.size();
    return static_cast<double>(common.size()) >= kSameResemblance * static_cast<double>(all);
  };
  Question question = Ask("harbour lamp0 rain1");
  question.limit = 1000;
  const std::vector<Hit> everything = index.Search(question);
  ASSERT_EQ(everything.size(), 300U);
  for (size_t limit : {1U, 10U, 1000U}) {
    std::vector<Uuid> kept;
    for (const Hit& hit : everything) {
      if (kept.size() == limit) break;
      if (std::ranges::none_of(kept, [&](Uuid id) { return same(id, hit.id); })) {
        kept.push_back(hit.id);
      }
    }
    question.dedupe = true;
    question.limit = limit;
    EXPECT_EQ(Ids(index.Search(question)), kept);
  }
  EXPECT_LT(index.Search(question).size(), 300U) << "nothing was folded: the test shows nothing";
}

TEST(BrainIndexTest, EqualScoresComeInOrderOfTheirIds) {
  BrainIndex index(0);
  for (int number : {3, 1, 2}) index.Put(Prepare(Note(number, "The guitar is in the attic.")));
  EXPECT_EQ(Ids(index.Search(Ask("guitar"))), (std::vector{Id(1), Id(2), Id(3)}));
}

TEST(BrainIndexTest, AWordAtTheEndOfALongTextIsFoundWithItsPassage) {
  std::string content;
  while (content.size() < 200'000) {
    content += std::format("Sentence {} is about the weather and the garden. ", content.size());
  }
  content += "The zeppelin landed.";
  BrainIndex index(0);
  PreparedEpisode prepared = Prepare(Note(1, content));
  EXPECT_GE(prepared.passages.size(), content.size() / kPassageBytes);
  index.Put(std::move(prepared));
  index.Put(Prepare(Note(2, "The garden.")));
  std::vector<Hit> hits = index.Search(Ask("zeppelin"));
  ASSERT_EQ(Ids(hits), std::vector{Id(1)});
  EXPECT_EQ(hits[0].end, content.size());
  EXPECT_GT(hits[0].begin, content.size() - kPassageBytes - 1);
  EXPECT_LE(hits[0].begin, content.find("The zeppelin"));
}

TEST(BrainIndexTest, TheBestChunkSpeaksForItsEpisode) {
  BrainIndex index(2);
  index.Put(Prepare(Note(1, "A long story about many things.")));
  std::vector<ChunkVector> chunks = {Chunk({0, 1}, 0, 10), Chunk({1, 0}, 10, 20),
                                     Chunk({0, -1}, 20, 31)};
  index.SetVectors(Id(1), 1, chunks);
  Question question{.vector = {1, 0}};
  std::vector<Hit> hits = index.Search(question);
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_FALSE(hits[0].words.has_value());
  EXPECT_EQ(hits[0].meaning, 1.0);
  EXPECT_EQ(hits[0].begin, 10U);
  EXPECT_EQ(hits[0].end, 20U);
}

TEST(BrainIndexTest, WordsAreBorrowedFromTheTwoBeforeInTheSessionOnly) {
  BrainIndex index(0);
  index.Put(Prepare(Note(4, "We laughed all evening.", "talk")));
  index.Put(Prepare(Note(2, "Yes, truly wonderful.", "talk")));
  index.Put(Prepare(Note(1, "I bought a guitar.", "talk")));
  index.Put(Prepare(Note(5, "Nothing else happened.", "other")));
  EXPECT_EQ(Ids(index.Search(Ask("guitar"))), (std::vector{Id(1), Id(2), Id(4)}));
  index.Put(Prepare(Note(3, "Then dinner came.", "talk")));
  EXPECT_EQ(Ids(index.Search(Ask("guitar"))), (std::vector{Id(1), Id(2), Id(3)}));
  index.Remove(Id(2));
  EXPECT_EQ(Ids(index.Search(Ask("guitar"))), (std::vector{Id(1), Id(3), Id(4)}));
  index.Remove(Id(1));
  EXPECT_TRUE(index.Search(Ask("guitar")).empty());
}

TEST(BrainIndexTest, ANewMemoryIsFoundByItsWordsAmongEmbeddedOnes) {
  BrainIndex index(2);
  for (int i = 1; i <= 30; ++i) {
    index.Put(Prepare(Note(i, "The garden was quiet today.")));
    SetVector(index, i, {0.8F, 0.6F});
  }
  index.Put(Prepare(Note(31, "The zeppelin landed.")));
  Question question = Ask("zeppelin", Mode::kHybrid);
  question.vector = {1, 0};
  std::vector<Hit> hits = index.Search(question);
  ASSERT_EQ(hits.size(), 10U);
  EXPECT_EQ(hits[0].id, Id(31));
  EXPECT_FALSE(hits[0].meaning.has_value());
}

TEST(BrainIndexTest, OlderVersionsAndOlderVectorsChangeNothing) {
  BrainIndex index(2);
  Episode episode = Note(1, "The guitar is in the attic.");
  episode.version = 2;
  index.Put(Prepare(episode));
  index.Put(Prepare(Note(1, "The zeppelin landed.")));
  EXPECT_TRUE(index.Search(Ask("zeppelin")).empty());
  ChunkVector newer = Chunk({1, 0});
  ChunkVector older = Chunk({0, 1});
  index.SetVectors(Id(1), 5, std::span(&newer, 1));
  index.SetVectors(Id(1), 4, std::span(&older, 1));
  index.SetVectors(Id(2), 9, std::span(&newer, 1));
  EXPECT_EQ(index.embedded(), 1U);
  EXPECT_EQ(index.Search({.vector = {1, 0}, .mode = Mode::kVectors})[0].meaning, 1.0);
}

TEST(BrainIndexTest, ARemovedMemoryGivesItsMemoryBack) {
  BrainIndex index(64);
  std::vector<float> values(64, 0.125F);
  auto round = [&] {
    for (int i = 0; i < 2'000; ++i) {
      index.Put(Prepare(Note(i, std::format("Entry {} of the diary", i))));
      SetVector(index, i, values);
    }
    size_t bytes = index.resident_bytes();
    for (int i = 0; i < 2'000; ++i) index.Remove(Id(i));
    return bytes;
  };
  size_t first = round();
  EXPECT_GT(first, sizeof(float) * 2'000 * 64);
  // What waits for the next sweep is all that may come on top.
  for (int i = 0; i < 4; ++i) EXPECT_LT(round(), first * 13 / 10);
  EXPECT_EQ(index.size(), 0U);
  EXPECT_EQ(index.embedded(), 0U);
}

// Catches a search that reads without the lock, under ASan by luck and under TSan for sure.
TEST(BrainIndexTest, SearchesRunBesideAWriter) {
  BrainIndex index(2);
  std::atomic<bool> is_done = false;
  std::atomic<size_t> searches = 0;
  auto search = [&] {
    Question question = Ask("guitar attic", Mode::kHybrid);
    question.vector = {1, 0};
    while (!is_done) {
      for (const Hit& hit : index.Search(question)) EXPECT_TRUE(std::isfinite(hit.score));
      ++searches;
      std::this_thread::yield();
    }
  };
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) readers.emplace_back(search);
  for (int i = 0; i < 600 || searches < 100; ++i) {
    int number = i % 200;
    index.Put(Prepare(Note(number, "The guitar is in the attic.", "talk")));
    SetVector(index, number, {0.6F, 0.8F});
    if (i % 3 == 0) index.Remove(Id((number * 7) % 200));
  }
  is_done = true;
}

// Catches a lock that readers take from each other for ever, as std::shared_mutex alone lets them.
TEST(BrainIndexTest, SearchesWithoutAPauseLetAWriterIn) {
  BrainIndex index(256);
  for (int i = 0; i < 3'000; ++i) {
    index.Put(Prepare(Note(i, "Guitar")));
    SetVector(index, i, std::vector<float>(256, 0.0625F));
  }
  std::atomic<bool> is_done = false;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      Question question{.vector = std::vector<float>(256, 0.0625F)};
      while (!is_done) index.Search(question);
    });
  }
  auto writer = std::async(std::launch::async, [&] {
    for (int i = 0; i < 50; ++i) index.Remove(Id(i));
  });
  EXPECT_EQ(writer.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  is_done = true;
}

}  // namespace
}  // namespace nexus::recall
