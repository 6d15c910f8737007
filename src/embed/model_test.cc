// The real model: in $NEXUS_MODEL_DIR, else where `make model` puts it. Without one, only what
// needs none is tested.
#include "embed/model.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/bytes.h"
#include "base/error.h"
#include "embed/passages.h"

namespace nexus::embed {
namespace {

namespace fs = std::filesystem;

fs::path ModelDirectory() {
  const char* given = std::getenv("NEXUS_MODEL_DIR");
  return given == nullptr ? DefaultModelDirectory() : fs::path(given);
}

// Loaded once: it takes a third of a second, more with sanitizers. Null if there is none.
const Embedder* Model() {
  static const std::unique_ptr<Embedder> model =
      fs::exists(ModelDirectory()) ? LoadModel(ModelDirectory()) : nullptr;
  return model.get();
}

#define NEED_MODEL()                                                                     \
  if (Model() == nullptr) {                                                              \
    GTEST_SKIP() << "no model in " << ModelDirectory() << ": make it with `make model`"; \
  }

double Product(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

// A directory that holds only a description, gone with the test.
class DescriptionTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::temp_directory_path() / ("nexus-model-" + RandomToken(9));
    fs::create_directory(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  void Write(const std::string& name, std::string_view content) {
    std::ofstream(directory_ / name) << content;
  }

  void Describe(std::string_view tokenizer, std::string_view pooling = "mean") {
    Write("nexus-model.toml",
          std::format("name = \"toy\"\ndimension = 3\nmax_tokens = 16\nquery_prefix = \"\"\n"
                      "passage_prefix = \"\"\npooling = \"{}\"\ntokenizer = \"{}\"\n"
                      "sha256 = \"{}\"\ntokenizer_sha256 = \"{}\"\n",
                      pooling, tokenizer, ToHex(Sha256("model")), ToHex(Sha256("tokenizer"))));
    Write("model.onnx", "model");
    Write(std::string(tokenizer), "tokenizer");
  }

  Error Refusal() {
    try {
      LoadModel(directory_);
    } catch (const Failure& failure) {
      EXPECT_FALSE(failure.error().remedy.empty()) << failure.what();
      EXPECT_EQ(failure.error().message.find('\n'), std::string::npos) << failure.what();
      return failure.error();
    }
    ADD_FAILURE() << "was not refused";
    return {};
  }

  fs::path directory_;
};

TEST_F(DescriptionTest, AnEmptyDirectoryIsNoModel) {
  EXPECT_EQ(Refusal().code, ErrorCode::kNotFound);
}

TEST_F(DescriptionTest, AnotherDigestThanThePinnedOneIsRefused) {
  Describe("tokenizer.bin");
  Write("model.onnx", "another model");
  const Error error = Refusal();
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_NE(error.message.find("model.onnx has digest"), std::string::npos) << error.message;
}

TEST_F(DescriptionTest, AnotherDigestOfTheTokenizerIsRefused) {
  Describe("tokenizer.bin");
  Write("tokenizer.bin", "another tokenizer");
  EXPECT_EQ(Refusal().code, ErrorCode::kConflict);
}

TEST_F(DescriptionTest, AFileThatIsMissingIsNamed) {
  Describe("tokenizer.bin");
  fs::remove(directory_ / "tokenizer.bin");
  const Error error = Refusal();
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_NE(error.message.find("tokenizer.bin"), std::string::npos) << error.message;
}

TEST_F(DescriptionTest, ATokenizerOfAnotherKindIsRefused) {
  Describe("tokenizer.json");
  EXPECT_EQ(Refusal().code, ErrorCode::kInvalid);
}

TEST_F(DescriptionTest, AnUnknownPoolingIsRefusedByName) {
  Describe("tokenizer.bin", "max");
  const Error error = Refusal();
  EXPECT_EQ(error.code, ErrorCode::kInvalid);
  EXPECT_NE(error.message.find("pooling"), std::string::npos) << error.message;
}

TEST_F(DescriptionTest, WhatIsNoTomlIsRefused) {
  Write("nexus-model.toml", "name = \n");
  EXPECT_EQ(Refusal().code, ErrorCode::kInvalid);
}

// A description of a model elsewhere, with what a case adds.
constexpr std::string_view kRemote =
    "kind = \"openai\"\nname = \"toy\"\nmodel = \"toy-1\"\ndimension = 3\n";

TEST_F(DescriptionTest, AModelElsewhereIsLoadedThoughNobodyIsThere) {
  Write("nexus-model.toml", std::string(kRemote) +
                                "url = \"https://127.0.0.1:1\"\nmax_tokens = 64\nbatch = 8\n"
                                "passage_prefix = \"passage: \"\n");
  const auto embedder = LoadModel(directory_);
  EXPECT_EQ(embedder->info().name, "toy");
  EXPECT_EQ(embedder->info().dimension, 3u);
  EXPECT_EQ(embedder->info().texts_per_call, 8u);
  EXPECT_EQ(embedder->info().passage_prefix, "passage: ");
  EXPECT_EQ(embedder->info().query_prefix, "");
  EXPECT_EQ(embedder->info().artefact_sha256.size(), 64u);
  EXPECT_FALSE(embedder->tokenizer().is_exact());
}

TEST_F(DescriptionTest, WithoutATokenizerAByteCountsAsATokenSoThatEveryPassageFits) {
  Write("nexus-model.toml",
        std::string(kRemote) + "url = \"https://127.0.0.1:1\"\nmax_tokens = 64\n");
  const auto embedder = LoadModel(directory_);
  std::string content;
  for (int i = 0; i < 200; ++i) content += std::format("Día {}: 今日は晴れ {}. ", i, i * i);
  const auto passages = Passages(*embedder, content, "Ana", Timestamp{}, {});
  EXPECT_EQ(passages.back().end, content.size());
  for (size_t i = 0; i < passages.size(); ++i) {
    EXPECT_LE(passages[i].begin, i > 0 ? passages[i - 1].end : 0);
    EXPECT_LE(passages[i].plain.size(), 62u);
  }
}

TEST_F(DescriptionTest, WhatIsWrongWithAModelElsewhereIsNamed) {
  const std::string fits = "max_tokens = 64\nurl = \"https://h\"\n";
  const std::pair<std::string, std::string_view> cases[] = {
      {"max_tokens = 64\n", "`url`"},
      {"max_tokens = 64\nurl = \"ftp://h\"\n", "`url` must begin with http"},
      {"max_tokens = 63\nurl = \"https://h\"\n", "`max_tokens` must be 64"},
      {fits + "key = \"x\"\n", "a key does not belong here"},
      {fits + "presision = 3\n", "unknown key `presision`"},
      {fits + "key_file = \"absent\"\n", "absent cannot be read"},
      {fits + "key_env = \"NEXUS_NO_SUCH_VARIABLE\"\n", "NEXUS_NO_SUCH_VARIABLE is not set"},
      {fits + "key_env = \"A\"\nkey_file = \"b\"\n", "exclude each other"},
      {fits + "timeout_ms = 1\n", "`timeout_ms` must be 100"},
      {fits + "tokenizer = \"tokenizer.bin\"\n", "`tokenizer_sha256`"},
      {"max_tokens = 64\nurl = \"http://h\"\nkey_file = \"key\"\n", "use https"},
  };
  Write("key", "not-a-real-key\n");
  for (const auto& [rest, reason] : cases) {
    Write("nexus-model.toml", std::string(kRemote) + rest);
    const Error error = Refusal();
    EXPECT_EQ(error.code, ErrorCode::kInvalid) << reason;
    EXPECT_NE(error.message.find(reason), std::string::npos) << reason << ": " << error.message;
  }
}

TEST_F(DescriptionTest, AnUnknownKindIsRefused) {
  Write("nexus-model.toml", "kind = \"magic\"\n");
  EXPECT_EQ(Refusal().code, ErrorCode::kInvalid);
}

TEST(ModelTest, VectorsHaveTheDimensionAndLengthOne) {
  NEED_MODEL();
  for (const char* text : {"a", "La memoria persiste.", "日本語", "👩‍🚀", "\x01\x02"}) {
    const auto vector = Model()->Embed(text, TextRole::kPassage);
    ASSERT_EQ(vector.size(), Model()->info().dimension);
    EXPECT_NEAR(Product(vector, vector), 1, 1e-5) << text;
  }
}

TEST(ModelTest, SentencesOfOneMeaningAreCloserThanOthersAlsoAcrossLanguages) {
  NEED_MODEL();
  const std::pair<const char*, const char*> pairs[]{
      {"Mi hermana vive en Bilbao y trabaja de médica.",
       "My sister lives in Bilbao, she is a doctor."},
      {"El servidor se cayó a las tres de la madrugada.",
       "The server went down at three in the morning."},
      {"Compré pan y leche en el mercado.", "I bought bread and milk at the market."},
  };
  for (size_t i = 0; i < std::size(pairs); ++i) {
    const auto spanish = Model()->Embed(pairs[i].first, TextRole::kQuery);
    const double same = Product(spanish, Model()->Embed(pairs[i].second, TextRole::kPassage));
    for (size_t j = 0; j < std::size(pairs); ++j) {
      if (i == j) continue;
      EXPECT_GT(same, Product(spanish, Model()->Embed(pairs[j].second, TextRole::kPassage)));
      EXPECT_GT(same, Product(spanish, Model()->Embed(pairs[j].first, TextRole::kPassage)));
    }
  }
}

TEST(ModelTest, ATextThatDoesNotFitIsRefusedAndNeverCut) {
  NEED_MODEL();
  std::string text = "memoria";
  while (Model()->CountTokens(text, TextRole::kPassage) < 512) text += " memoria";
  EXPECT_EQ(Model()->CountTokens(text, TextRole::kPassage), 512u);
  EXPECT_EQ(Model()->Embed(text, TextRole::kPassage).size(), 384u);
  try {
    Model()->Embed(text + " memoria", TextRole::kPassage);
    FAIL() << "513 tokens were taken";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kTooLarge);
  }
}

TEST(ModelTest, TwoThreadsGetTheVectorsThatOneGets) {
  NEED_MODEL();
  std::vector<std::string> texts;
  for (int i = 0; i < 10; ++i) texts.push_back(std::format("La entrada número {} del diario.", i));
  std::vector<std::vector<float>> alone;
  for (const std::string& text : texts) alone.push_back(Model()->Embed(text, TextRole::kPassage));
  std::vector<std::vector<float>> first(texts.size()), second(texts.size());
  const auto embed_all = [&](std::vector<std::vector<float>>& into) {
    for (size_t i = 0; i < texts.size(); ++i)
      into[i] = Model()->Embed(texts[i], TextRole::kPassage);
  };
  std::jthread other([&] { embed_all(second); });
  embed_all(first);
  other.join();
  EXPECT_EQ(first, alone);
  EXPECT_EQ(second, alone);
}

TEST(ModelTest, ALongTextIsCutSoThatEveryPassageFits) {
  NEED_MODEL();
  std::string content;
  for (int i = 0; content.size() < 40'000; ++i) {
    content += std::format("Día {}: hoy el agente aprendió algo nuevo; 今日は{}。 ", i, i * i);
    if (i % 7 == 0) content += "\n\n";
  }
  const auto passages = Passages(*Model(), content, "Ana", Timestamp{}, {});
  ASSERT_GT(passages.size(), 10u);
  EXPECT_EQ(passages.front().begin, 0u);
  EXPECT_EQ(passages.back().end, content.size());
  for (size_t i = 0; i < passages.size(); ++i) {
    EXPECT_LE(passages[i].begin, i > 0 ? passages[i - 1].end : 0);
    EXPECT_LE(Model()->CountTokens(passages[i].plain, TextRole::kPassage), 512u);
  }
}

}  // namespace
}  // namespace nexus::embed
