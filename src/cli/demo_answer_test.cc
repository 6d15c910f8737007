#include "cli/demo_answer.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "cli/answer.h"
#include "cli/progress.h"
#include "demo_files.h"

namespace nexus::cli {
namespace {

boost::json::object Object(std::string_view text) { return boost::json::parse(text).as_object(); }

TEST(JudgeAnswer, IsAnsweredWhenAResultHoldsTheExpectedText) {
  const auto question = Object(R"({"query":"¿Cuánto?","expect":"1.287,60","why":"By word."})");
  const auto right = Object(R"({"results":[{"content":"nada"},{"content":"son 1.287,60 €"}]})");
  const auto wrong = Object(R"({"results":[{"content":"1287,60"}]})");
  EXPECT_TRUE(JudgeAnswer(question, right, 1).IsAnswered());
  EXPECT_FALSE(JudgeAnswer(question, wrong, 1).IsAnswered());
}

TEST(RenderAnswer, GivesEachHitOneLineThatShowsTheAnswer) {
  const auto question = Object(R"({"query":"Which?","expect":"the answer","why":"By word."})");
  boost::json::object answer = Object(R"({"results":[{"occurred_at":"2026-03-04T18:40:00Z"}]})");
  const std::string content = std::string(300, 'x') + " and here is the answer, at last";
  answer["results"].as_array()[0].as_object()["content"] = content;
  const std::string text = RenderAnswer(JudgeAnswer(question, answer, 4.2), Screen{.width = 70});
  EXPECT_EQ(text,
            "\nok Which?  4.2 ms\n"
            "  By word.\n"
            "  1 2026-03-04  … and here is the answer, at last\n");
}

TEST(RenderSummary, CountsWhatWasAnswered) {
  DemoAnswer good{.hits = {{.expected = true}}, .took_ms = 3};
  DemoAnswer bad{.took_ms = 5};
  EXPECT_TRUE(RenderSummary({good, bad, bad}, false, Screen{})
                  .starts_with("\nno 1 of 3 questions answered within the first three, 5.0 ms"));
}

TEST(ProgressLine, FillsItsWidthByPercent) {
  EXPECT_EQ(ProgressLine("embedding", 5, 10, Screen{.width = 35}),
            "embedding  █████░░░░░   50 %  5/10");
  EXPECT_EQ(ProgressLine("embedding", 5, 10, Screen{.width = 11}), "embedding   50 %  5/10");
}

TEST(DemoFiles, HoldEveryExpectedTextInSomeEntry) {
  std::string diary;
  boost::json::array questions;
  for (const EmbeddedFile& file : kDemoFiles) {
    if (file.name == "diary.jsonl") diary = file.content;
    if (file.name == "questions.json") questions = boost::json::parse(file.content).as_array();
  }
  ASSERT_EQ(questions.size(), 8u);
  for (const auto& question : questions) {
    bool found = false;
    for (auto line : std::views::split(diary, '\n')) {
      if (line.empty()) continue;
      const auto entry = Object(std::string_view(line));
      found |= TextOf(entry, "content").contains(TextOf(AsObject(question), "expect"));
    }
    EXPECT_TRUE(found) << TextOf(AsObject(question), "query");
  }
}

}  // namespace
}  // namespace nexus::cli
