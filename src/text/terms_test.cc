#include "text/terms.h"

#include <gtest/gtest.h>

#include <boost/json/value.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/json.h"

namespace nexus::text {
namespace {

// What tests/reference/terms.py wrote.
struct Case {
  std::string text;
  Language language;
  std::vector<std::string> document;
  std::vector<QuestionTerm> question;
};

std::vector<std::string> Strings(const boost::json::value& list) {
  std::vector<std::string> strings;
  for (const auto& each : list.as_array()) strings.emplace_back(each.as_string());
  return strings;
}

std::vector<Case> ReadCases(const std::filesystem::path& file) {
  std::ifstream lines(file);
  std::vector<Case> cases;
  for (std::string line; std::getline(lines, line);) {
    const boost::json::value read = ParseJson(line).value();
    Case each{.text = std::string(read.at("text").as_string()),
              .language = read.at("language").as_string() == "spanish" ? Language::kSpanish
                                                                       : Language::kEnglish,
              .document = Strings(read.at("document")),
              .question = {}};
    for (const auto& term : read.at("question").as_array()) {
      each.question.push_back({Strings(term)});
    }
    cases.push_back(std::move(each));
  }
  return cases;
}

std::string Show(const std::vector<QuestionTerm>& terms) {
  std::string shown;
  for (const QuestionTerm& term : terms) {
    for (const std::string& stem : term.alternatives) shown += stem + "|";
    shown += " ";
  }
  return shown;
}

int CountWrong(const std::vector<Case>& cases) {
  int wrong = 0;
  for (const Case& each : cases) {
    if (GuessLanguage(each.text) != each.language || DocumentTerms(each.text) != each.document ||
        Show(QuestionTerms(each.text)) != Show(each.question)) {
      ++wrong;
    }
  }
  return wrong;
}

class TermsTest : public testing::Test {
 protected:
  std::vector<Case> cases_ =
      ReadCases(std::filesystem::path(NEXUS_SOURCE_DIR) / "src/text/testdata/terms.jsonl");
};

TEST_F(TermsTest, AreThoseOfTheReference) {
  ASSERT_GE(cases_.size(), 300u);
  for (const Case& each : cases_) {
    EXPECT_EQ(GuessLanguage(each.text), each.language) << each.text;
    EXPECT_EQ(DocumentTerms(each.text), each.document) << each.text;
    EXPECT_EQ(Show(QuestionTerms(each.text)), Show(each.question)) << each.text;
  }
}

TEST_F(TermsTest, ThreadsDoNotDisturbEachOther) {
  std::array<int, 4> wrong{};
  {
    std::vector<std::jthread> threads;
    for (int& mine : wrong) threads.emplace_back([&] { mine = CountWrong(cases_); });
  }
  EXPECT_EQ(wrong, (std::array<int, 4>{}));
}

TEST(TermsOfAnyBytesTest, BytesThatAreNotUtf8SeparateWords) {
  EXPECT_EQ(DocumentTerms("caf\xFFhouse\xC3"), (std::vector<std::string>{"caf", "hous"}));
}

}  // namespace
}  // namespace nexus::text
