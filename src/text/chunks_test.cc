#include "text/chunks.h"

#include <gtest/gtest.h>

#include <random>

#include "base/json.h"

namespace nexus::text {
namespace {

std::vector<std::string> Pieces(std::string_view text, const std::vector<TextRange>& ranges) {
  std::vector<std::string> pieces;
  for (TextRange range : ranges)
    pieces.emplace_back(text.substr(range.begin, range.end - range.begin));
  return pieces;
}

std::vector<std::string> SentencesOf(std::string_view text) {
  return Pieces(text, Sentences(text));
}

// Stands in for a model's tokenizer: four bytes of a word are a token, and so is each word's rest.
size_t CountTokens(std::string_view text) {
  size_t tokens = 0, in_word = 0;
  for (char c : text) {
    in_word = c == ' ' || c == '\n' ? 0 : in_word + 1;
    tokens += in_word % 4 == 1;
  }
  return tokens;
}

std::string RandomText(std::mt19937& random, size_t bytes) {
  static constexpr std::string_view kParts[] = {"a",  "word",   " ",      " ",
                                                " ",  "ñandú",  "😀",     "日本語",
                                                "。", ". ",     "? ",     "…",
                                                "\n", "\r\n\n", "\u00A0", "e\u0301",
                                                "\"", ")",      "3.14",   "internationalization",
                                                "   "};
  std::string text;
  while (text.size() < bytes) text += kParts[random() % std::size(kParts)];
  return text;
}

void ExpectSound(std::string_view text, const std::vector<TextRange>& ranges) {
  for (TextRange range : ranges) {
    ASSERT_LT(range.begin, range.end);
    const std::string_view piece = text.substr(range.begin, range.end - range.begin);
    ASSERT_EQ(FindInvalidUtf8(piece), piece.npos);
  }
}

void ExpectTiles(std::string_view text, const std::vector<TextRange>& ranges) {
  ExpectSound(text, ranges);
  size_t at = 0;
  for (TextRange range : ranges) {
    ASSERT_EQ(range.begin, at);
    at = range.end;
  }
  ASSERT_EQ(at, text.size());
}

void ExpectChunks(std::string_view text, size_t max_tokens, size_t overlap_tokens) {
  const auto chunks = Chunks(text, max_tokens, overlap_tokens, CountTokens);
  ExpectSound(text, chunks);
  ASSERT_EQ(chunks.empty(), text.empty());
  TextRange last;
  for (TextRange chunk : chunks) {
    const std::string_view piece = text.substr(chunk.begin, chunk.end - chunk.begin);
    ASSERT_LE(CountTokens(piece), max_tokens);
    ASSERT_LE(chunk.begin, last.end) << "a gap";
    ASSERT_GT(chunk.end, last.end) << "no progress";
    ASSERT_TRUE(chunk.begin == 0 || chunk.begin > last.begin);
    ASSERT_LE(CountTokens(text.substr(chunk.begin, last.end - chunk.begin)), overlap_tokens);
    last = chunk;
  }
  ASSERT_EQ(last.end, text.size());
}

using Strings = std::vector<std::string>;

TEST(SentencesTest, EndAtMarksBeforeSpaceAndAtLineBreaks) {
  EXPECT_EQ(SentencesOf("Hi. How are you?  Fine!\nPi is 3.14… ok"),
            (Strings{"Hi. ", "How are you?  ", "Fine!\n", "Pi is 3.14… ", "ok"}));
  EXPECT_EQ(SentencesOf("He said \"No.\" (Really?) v1.2"),
            (Strings{"He said \"No.\" ", "(Really?) ", "v1.2"}));
  EXPECT_EQ(SentencesOf("one\n\ntwo \r\n three"), (Strings{"one\n\n", "two \r\n ", "three"}));
  EXPECT_EQ(SentencesOf("¿Qué? ¡Sí!"), (Strings{"¿Qué? ", "¡Sí!"}));
}

TEST(SentencesTest, WideMarksNeedNoSpace) {
  EXPECT_EQ(SentencesOf("今日は。「元気？」はい！"), (Strings{"今日は。", "「元気？」", "はい！"}));
}

TEST(SentencesTest, SpaceInFrontBelongsToTheFirst) {
  EXPECT_EQ(SentencesOf(" \n a. b"), (Strings{" \n a. ", "b"}));
  EXPECT_EQ(SentencesOf("  "), (Strings{"  "}));
  EXPECT_EQ(SentencesOf(""), Strings{});
}

TEST(PassagesTest, PreferSentencesThenWordsThenCodePoints) {
  const std::string text = "Aa. Bb. Cccc dddd ñññññññ";
  EXPECT_EQ(Pieces(text, Passages(text, 8)),
            (Strings{"Aa. Bb. ", "Cccc ", "dddd ", "ññññ", "ñññ"}));
  EXPECT_EQ(Passages(text, 1000).size(), 1);
  EXPECT_EQ(Passages("", 8).size(), 0);
}

TEST(PassagesTest, TileAnyTextWithinTheBound) {
  std::mt19937 random(2);
  for (int round = 0; round < 300; ++round) {
    const std::string text = RandomText(random, random() % 2000);
    const size_t max_bytes = 4 + random() % 300;
    const auto passages = Passages(text, max_bytes);
    ExpectTiles(text, passages);
    ExpectTiles(text, Sentences(text));
    for (TextRange passage : passages) ASSERT_LE(passage.end - passage.begin, max_bytes);
  }
}

TEST(ChunksTest, AreWholeSentencesWithTheLastOnesRepeated) {
  const std::string text = "aaaa b. cccc d. eeee f. gggg h.";  // two tokens a sentence
  EXPECT_EQ(Pieces(text, Chunks(text, 4, 0, CountTokens)),
            (Strings{"aaaa b. cccc d. ", "eeee f. gggg h."}));
  EXPECT_EQ(Pieces(text, Chunks(text, 4, 2, CountTokens)),
            (Strings{"aaaa b. cccc d. ", "cccc d. eeee f. ", "eeee f. gggg h."}));
  EXPECT_EQ(Pieces(text, Chunks(text, 8, 2, CountTokens)), Strings{text});
}

TEST(ChunksTest, ATextThatFitsIsOneRangeHoweverLong) {
  const std::string text = "a" + std::string(100'000, ' ') + "b" + std::string(100'000, '\n') + "c";
  EXPECT_EQ(Chunks(text, 3, 1, CountTokens), (std::vector<TextRange>{{0, text.size()}}));
}

TEST(ChunksTest, ALongSentenceIsCutAtWordsAndALongWordAtCodePoints) {
  EXPECT_EQ(Pieces("aa bb cc dd ee", Chunks("aa bb cc dd ee", 2, 1, CountTokens)),
            (Strings{"aa bb ", "bb cc ", "cc dd ", "dd ee"}));
  const auto half_of_the_bytes = [](std::string_view text) { return text.size() / 2; };
  EXPECT_EQ(Pieces("ñññññ", Chunks("ñññññ", 2, 1, half_of_the_bytes)), (Strings{"ññ", "ññ", "ñ"}));
}

TEST(ChunksTest, ACodePointThatCountsTooMuchStandsAlone) {
  const auto three_each = [](std::string_view text) { return text.size() * 3; };
  EXPECT_EQ(Pieces("a😀b", Chunks("a😀b", 2, 1, three_each)), (Strings{"a", "😀", "b"}));
}

TEST(ChunksTest, CoverAnyTextWithinTheBounds) {
  std::mt19937 random(3);
  for (int round = 0; round < 400; ++round) {
    const std::string text = RandomText(random, random() % 4000);
    ExpectChunks(text, 1 + random() % 100, random() % 40);
    if (HasFatalFailure()) return;
  }
}

// A count that every call adds to.
struct Effort {
  size_t calls = 0;
  size_t bytes = 0;
};

Effort EffortOf(std::string_view text, size_t max_tokens, size_t overlap_tokens) {
  Effort effort;
  Chunks(text, max_tokens, overlap_tokens, [&](std::string_view piece) {
    ++effort.calls;
    effort.bytes += piece.size();
    return CountTokens(piece);
  });
  return effort;
}

TEST(ChunksTest, TheEffortIsLinearWhateverTheText) {
  constexpr size_t kSize = 200'000;
  std::mt19937 random(4);
  std::string words, sentences, jumps;
  while (words.size() < kSize) words += "word ";
  while (sentences.size() < kSize) sentences += "a. ";
  while (jumps.size() < kSize) jumps += std::string(3000, ' ') + std::string(3000, 'x');
  for (const std::string& text :
       {std::string(kSize, 'x'), std::string(kSize, ' '), words, sentences, jumps,
        std::string(kSize / 2, ' ') + std::string(kSize / 2, 'x'), RandomText(random, kSize)}) {
    ExpectChunks(text, 500, 50);
    const Effort effort = EffortOf(text, 500, 50);
    EXPECT_LT(effort.calls, text.size() / 100) << text.substr(0, 20);
    EXPECT_LT(effort.bytes, text.size() * 30) << text.substr(0, 20);
  }
}

}  // namespace
}  // namespace nexus::text
