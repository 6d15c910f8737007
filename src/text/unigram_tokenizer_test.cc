#include "text/unigram_tokenizer.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <boost/json/value.hpp>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>

#include "base/error.h"
#include "base/json.h"

namespace nexus::text {
namespace {

using Ids = std::vector<int32_t>;

constexpr int32_t kBos = 0, kEos = 2, kUnknown = 3;

template <typename T>
void Put(std::string& out, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

// A tokenizer file, as tools/model/tokenizer_file.py describes it.
struct ToyFile {
  std::map<std::string, std::pair<int32_t, float>> pieces;  // id and score
  std::map<uint32_t, std::vector<uint32_t>> replaced;

  std::string Bytes() const {
    std::string ends, ids, scores, points, point_ends, replacements, texts, out = "NXUNIGR1";
    for (const auto& [piece, entry] : pieces) {
      texts += piece;
      Put(ends, static_cast<uint32_t>(texts.size()));
      Put(ids, entry.first);
      Put(scores, entry.second);
    }
    for (const auto& [point, replacement] : replaced) {
      for (uint32_t each : replacement) Put(replacements, each);
      Put(points, point);
      Put(point_ends, static_cast<uint32_t>(replacements.size() / 4));
    }
    for (size_t count : {pieces.size(), texts.size(), replaced.size(), replacements.size() / 4}) {
      Put(out, static_cast<uint32_t>(count));
    }
    for (int32_t special : {kBos, kEos, kUnknown}) Put(out, special);
    Put(out, -30.0f);
    return out + ends + ids + scores + points + point_ends + replacements + texts;
  }
};

ToyFile Toy() {
  return {.pieces = {{"a", {10, -3}},
                     {"ab", {11, -4}},
                     {"abc", {12, -9}},
                     {"b", {13, -3}},
                     {"c", {14, -3}},
                     {"\u2581", {15, -2}},
                     {"\u2581a", {16, -3}},
                     {"\u2581\u2581", {17, -1}},
                     {"ñ", {18, -3}}},
          .replaced = {{0x1, {}}, {'\t', {' '}}, {'A', {'a'}}, {0x132, {'a', 'b'}}}};
}

class UnigramTokenizerTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  std::unique_ptr<UnigramTokenizer> Load(std::string_view bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    return UnigramTokenizer::Load(path_);
  }

  std::filesystem::path path_ =
      std::filesystem::path(testing::TempDir()) / std::format("nexus-tokenizer-{}.bin", getpid());
};

TEST_F(UnigramTokenizerTest, TheBestPathWinsAndTheFirstOfEqualOnes) {
  auto tokenizer = Load(Toy().Bytes());
  EXPECT_EQ(tokenizer->special_tokens(), 2);
  // "▁" "ab" (-6) and "▁a" "b" (-6) are equal; the one whose last piece begins first stays.
  EXPECT_EQ(tokenizer->Encode("ab"), (Ids{kBos, 15, 11, kEos}));
  EXPECT_EQ(tokenizer->Encode("abc"), (Ids{kBos, 15, 11, 14, kEos}));
  EXPECT_EQ(tokenizer->Encode("ba"), (Ids{kBos, 15, 13, 10, kEos}));
}

TEST_F(UnigramTokenizerTest, SpacesBecomeOneMarkAndTheFirstWordGetsOne) {
  auto tokenizer = Load(Toy().Bytes());
  EXPECT_EQ(tokenizer->Encode(""), (Ids{kBos, 15, kEos}));
  EXPECT_EQ(tokenizer->Encode("  "), (Ids{kBos, 15, kEos}));
  EXPECT_EQ(tokenizer->Encode("a"), (Ids{kBos, 16, kEos}));
  EXPECT_EQ(tokenizer->Encode(" a \t a "), (Ids{kBos, 16, 16, 15, kEos}));
  EXPECT_EQ(tokenizer->Encode("\u2581 a"), (Ids{kBos, 17, 16, kEos}))
      << "the table does not say so";
}

TEST_F(UnigramTokenizerTest, CodePointsAreReplacedAsTheTableSays) {
  auto tokenizer = Load(Toy().Bytes());
  EXPECT_EQ(tokenizer->Encode("\u0132"), tokenizer->Encode("ab"));
  EXPECT_EQ(tokenizer->Encode("b\x01"
                              "A"),
            tokenizer->Encode("ba"));
  EXPECT_EQ(tokenizer->Encode("\x01"), tokenizer->Encode(""));
}

TEST_F(UnigramTokenizerTest, EachCodePointThatNoPieceSpellsIsOneUnknown) {
  auto tokenizer = Load(Toy().Bytes());
  EXPECT_EQ(tokenizer->Encode("ñ😀日x"), (Ids{kBos, 15, 18, 3, 3, 3, kEos}));
  EXPECT_EQ(tokenizer->Encode(std::string_view("\0a", 2)), (Ids{kBos, 15, 3, 10, kEos}));
}

TEST_F(UnigramTokenizerTest, LongTextsAreNotCut) {
  auto tokenizer = Load(Toy().Bytes());
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "a c ";
  EXPECT_EQ(tokenizer->Encode(text).size(), 300'003) << "▁a ▁ c, and a mark at the end";
}

TEST_F(UnigramTokenizerTest, AFileThatIsAwayOrShortOrLongIsRefusedByName) {
  try {
    UnigramTokenizer::Load("/nowhere/tokenizer.bin");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kNotFound);
    EXPECT_NE(failure.error().message.find("/nowhere/tokenizer.bin"), std::string::npos);
    EXPECT_FALSE(failure.error().remedy.empty());
  }
  const std::string whole = Toy().Bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(Load(whole.substr(0, size)), Failure) << size;
  }
  EXPECT_THROW(Load(whole + "x"), Failure);
}

TEST_F(UnigramTokenizerTest, AGarbledFileIsRefusedOrWorksButNeverReadsBeyond) {
  const std::string whole = Toy().Bytes();
  std::mt19937 random(1);
  int refused = 0;
  for (int round = 0; round < 600; ++round) {
    std::string garbled = whole;
    for (int i = 0; i <= round % 3; ++i)
      garbled[random() % garbled.size()] = static_cast<char>(random());
    try {
      Load(garbled)->Encode("ab \u0132 \x01 ñ 😀 abcabc");
    } catch (const Failure& failure) {
      ++refused;
      EXPECT_NE(failure.error().message.find(path_.string()), std::string::npos);
    }
  }
  EXPECT_GT(refused, 300);
}

TEST_F(UnigramTokenizerTest, IdsEqualThoseOfTheModelsOwnEngine) {
  const char* file = std::getenv("NEXUS_TOKENIZER");
  const char* reference = std::getenv("NEXUS_TOKENIZER_REFERENCE");
  if (file == nullptr || reference == nullptr) {
    GTEST_SKIP() << "set NEXUS_TOKENIZER to a tokenizer.bin and NEXUS_TOKENIZER_REFERENCE to lines "
                    "of [\"text\", [ids]]";
  }
  auto tokenizer = UnigramTokenizer::Load(file);
  std::ifstream lines(reference);
  int compared = 0;
  for (std::string line; std::getline(lines, line); ++compared) {
    const boost::json::value parsed = ParseJson(line).value();
    const auto& pair = parsed.as_array();
    Ids expected;
    for (const auto& id : pair.at(1).as_array())
      expected.push_back(static_cast<int32_t>(id.as_int64()));
    ASSERT_EQ(tokenizer->Encode(pair.at(0).as_string()), expected) << line.substr(0, 500);
  }
  EXPECT_GT(compared, 0) << reference << " holds no lines";
}

}  // namespace
}  // namespace nexus::text
