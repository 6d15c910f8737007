#include "cli/demo_answer.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "cli/answer.h"
#include "cli/layout.h"

namespace nexus::cli {
namespace {

constexpr size_t kBeforeAnswer = 40;  // bytes of text shown before the words that answer

int64_t CountAnswered(const std::vector<DemoAnswer>& answers) {
  return std::ranges::count_if(answers, &DemoAnswer::IsAnswered);
}

double MedianTime(const std::vector<DemoAnswer>& answers) {
  std::vector<double> times;
  for (const DemoAnswer& answer : answers) times.push_back(answer.took_ms);
  if (times.empty()) return 0;
  std::ranges::sort(times);
  return times[times.size() / 2];
}

// The part of a long text with the words that answer in it.
std::string Around(std::string_view content, std::string_view expected, size_t width) {
  const size_t at = content.find(expected);
  if (at == content.npos || DisplayWidth(content.substr(0, at)) + expected.size() < width) {
    return std::string(content);
  }
  size_t begin = content.find(' ', at - std::min(at, kBeforeAnswer));
  if (begin == content.npos || begin > at) begin = at;
  return "…" + std::string(content.substr(begin));
}

}  // namespace

bool DemoAnswer::IsAnswered() const { return std::ranges::any_of(hits, &Hit::expected); }

DemoAnswer JudgeAnswer(const boost::json::object& question, const boost::json::object& answer,
                       double took_ms) {
  constexpr size_t kLineOfHit = 70;
  const std::string_view expected = TextOf(question, "expect");
  DemoAnswer judged{.question = std::string(TextOf(question, "query")),
                    .why = std::string(TextOf(question, "why")),
                    .took_ms = took_ms};
  for (const auto& item : ListOf(answer, "results")) {
    const boost::json::object& result = AsObject(item);
    const std::string_view content = TextOf(result, "content");
    judged.hits.push_back({ShortTime(TextOf(result, "occurred_at")),
                           std::string(TextOf(result, "speaker")),
                           Around(content, expected, kLineOfHit), content.contains(expected)});
  }
  return judged;
}

std::string RenderAnswer(const DemoAnswer& answer, const Screen& screen) {
  std::string out = std::format(
      "\n{} {}  {}\n  {}\n", screen.Mark(answer.IsAnswered()), screen.Bold(answer.question),
      screen.Dim(std::format("{:.1f} ms", answer.took_ms)), screen.Dim(answer.why));
  for (size_t i = 0; i < answer.hits.size(); ++i) {
    const DemoAnswer::Hit& hit = answer.hits[i];
    const std::string who = hit.speaker.empty() ? "" : hit.speaker + ": ";
    const std::string line =
        hit.time.substr(0, 10) + "  " + Cut(who + hit.content, screen.width - 17);
    out += std::format("  {} {}\n", i + 1, hit.expected ? screen.Green(line) : line);
  }
  if (answer.hits.empty()) out += "    nothing was found\n";
  return out;
}

std::string RenderSummary(const std::vector<DemoAnswer>& answers, bool by_meaning,
                          const Screen& screen) {
  const int64_t good = CountAnswered(answers);
  std::string text = std::format(
      "{} of {} questions answered within the first three, {:.1f} ms in "
      "the middle of them.",
      good, answers.size(), MedianTime(answers));
  if (!by_meaning) text += " Words alone: meaning needs the model (`make model`).";
  return std::format("\n{} {}\n", screen.Mark(good == std::ssize(answers)), text);
}

boost::json::object AnswersAsJson(const std::vector<DemoAnswer>& answers, bool by_meaning) {
  boost::json::array questions;
  for (const DemoAnswer& answer : answers) {
    boost::json::array contents;
    for (const DemoAnswer::Hit& hit : answer.hits) contents.emplace_back(hit.content);
    questions.push_back(boost::json::object{{"query", answer.question},
                                            {"answered", answer.IsAnswered()},
                                            {"took_ms", answer.took_ms},
                                            {"results", std::move(contents)}});
  }
  return {{"questions", std::move(questions)},
          {"answered", CountAnswered(answers)},
          {"of", answers.size()},
          {"median_ms", MedianTime(answers)},
          {"by_meaning", by_meaning}};
}

}  // namespace nexus::cli
