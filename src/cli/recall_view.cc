#include "cli/recall_view.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cmath>

#include "cli/answer.h"
#include "cli/highlight.h"
#include "cli/layout.h"

namespace nexus::cli {
namespace {

constexpr size_t kWholeBytes = 700;    // a text up to this size is shown whole
constexpr size_t kExcerptBytes = 600;  // of a longer one
constexpr std::string_view kIndent = "    ";
constexpr size_t kArmCells = 20;

bool IsInsideCodePoint(std::string_view text, size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

// A turn beside a result, in one line.
std::string RenderTurn(const boost::json::object& turn, const Screen& screen) {
  const std::string speaker(TextOf(turn, "speaker"));
  const std::string text =
      (speaker.empty() ? "" : speaker + ": ") + std::string(TextOf(turn, "content"));
  return std::string(kIndent) + screen.Dim("· " + Cut(text, screen.width - kIndent.size() - 2)) +
         '\n';
}

std::string RenderTurns(const boost::json::array& turns, const Screen& screen) {
  std::string out;
  for (const auto& turn : turns) out += RenderTurn(AsObject(turn), screen);
  return out;
}

// "words    ████░░░░░░  0.42  1st": `share` of the bar is full.
std::string RenderArm(std::string_view name, double score, double share, int64_t rank,
                      const Screen& screen) {
  std::string bar;
  const auto full = static_cast<size_t>(std::lround(std::clamp(share, 0.0, 1.0) * kArmCells));
  for (size_t i = 0; i < kArmCells; ++i) bar += i < full ? "█" : "░";
  const std::string place = rank > 0 ? std::format("no. {}", rank) : "not found by it";
  return std::format("{}{:<8} {}  {:.2f}  {}\n", kIndent, name, screen.Green(bar), score,
                     screen.Dim(place));
}

std::string RenderExplanation(const boost::json::object& result, const Screen& screen) {
  const boost::json::object& told = ObjectOf(result, "explanation");
  if (told.empty()) return "";
  const double words = NumberOf(result, "words"), meaning = NumberOf(result, "meaning");
  std::string out = RenderArm("words", words, words, CountOf(told, "words_rank"), screen) +
                    RenderArm("meaning", meaning, meaning, CountOf(told, "meaning_rank"), screen);
  std::string rest;
  for (std::string_view part : {"session", "recency", "importance"}) {
    if (const double added = NumberOf(told, part); added != 0) {
      rest += std::format("{}{} +{:.2f}", rest.empty() ? "" : " · ", part, added);
    }
  }
  std::string matched;
  for (const auto& word : ListOf(told, "matched_words")) {
    if (word.is_string()) matched += (matched.empty() ? "" : ", ") + std::string(word.get_string());
  }
  if (!matched.empty()) rest += (rest.empty() ? "matched " : " · matched ") + matched;
  if (!rest.empty())
    out += std::string(kIndent) + screen.Dim(Cut(rest, screen.width - kIndent.size())) + '\n';
  return out;
}

std::string RenderResult(const boost::json::object& result, size_t rank, Highlighter& highlighter,
                         const Screen& screen) {
  std::string out =
      std::format("{}  {:.2f}  {}", screen.Bold(std::format("{:>2}", rank)),
                  NumberOf(result, "score"), ShortTime(TextOf(result, "occurred_at")));
  if (auto speaker = TextOf(result, "speaker"); !speaker.empty()) {
    out += "  " + screen.Green(Cut(speaker, 24));
  }
  out += "  " + screen.Dim(TextOf(result, "id")) + '\n';
  out += RenderTurns(ListOf(result, "before"), screen);
  const boost::json::object& chunk = ObjectOf(result, "chunk");
  const std::string text = Excerpt(
      TextOf(result, "content"), static_cast<size_t>(std::max<int64_t>(CountOf(chunk, "begin"), 0)),
      static_cast<size_t>(std::max<int64_t>(CountOf(chunk, "end"), 0)));
  for (const std::string& line : Wrap(text, screen.width - kIndent.size())) {
    out.append(line.empty() ? "" : kIndent);
    out += screen.colour ? highlighter.Mark(line, "\033[1m", "\033[0m") : line;
    out += '\n';
  }
  out += RenderTurns(ListOf(result, "after"), screen);
  out += RenderExplanation(result, screen);
  return out + '\n';
}

std::string MissingArms(const boost::json::object& answer) {
  std::string arms;
  for (const auto& arm : ListOf(answer, "degraded")) {
    if (arm.is_string()) arms += (arms.empty() ? "" : ", ") + std::string(arm.get_string());
  }
  return arms;
}

}  // namespace

std::string Excerpt(std::string_view content, size_t begin, size_t end) {
  if (content.size() <= kWholeBytes) return std::string(content);
  begin = std::min(begin, content.size());
  end = std::clamp(end, begin, content.size());
  if (end == begin) end = content.size();
  end = std::min(end, begin + kExcerptBytes);
  while (IsInsideCodePoint(content, begin)) ++begin;
  while (end > begin && IsInsideCodePoint(content, end)) --end;
  std::string text(content.substr(begin, end - begin));
  if (begin > 0) text.insert(0, "… ");
  if (end < content.size()) {
    if (const size_t space = text.rfind(' ');
        space != text.npos && space > text.size() / 2 && content[end] != ' ') {
      text.resize(space);
    }
    text += " …";
  }
  return text;
}

std::string RenderRecall(const boost::json::object& answer, std::string_view question,
                         const Screen& screen) {
  const boost::json::array& results = ListOf(answer, "results");
  const std::string missing = MissingArms(answer);
  Highlighter highlighter(question);
  std::string out;
  size_t rank = 0;
  for (const auto& result : results) {
    out += RenderResult(AsObject(result), ++rank, highlighter, screen);
  }
  if (results.empty()) {
    out += missing.empty()
               ? "Nothing was found. `nexus status` shows what this brain holds.\n"
               : "Nothing was found by word, and meaning is not searched: try other words.\n";
  }
  std::string foot =
      std::format("{} in {:.1f} ms",
                  results.size() == 1 ? "1 memory" : std::format("{} memories", results.size()),
                  NumberOf(answer, "took_ms"));
  if (const int64_t omitted = CountOf(answer, "omitted"); omitted > 0) {
    foot += std::format(" · {} more had no room in the token budget", omitted);
  }
  if (const boost::json::object& times = ObjectOf(answer, "times"); !times.empty()) {
    foot +=
        std::format(" · embed {:.1f}, search {:.1f}, rows {:.1f} ms", NumberOf(times, "embed_ms"),
                    NumberOf(times, "search_ms"), NumberOf(times, "fetch_ms"));
  }
  if (!missing.empty()) foot += " · without " + missing + " (`nexus doctor` says why)";
  return out + screen.Dim(foot) + '\n';
}

}  // namespace nexus::cli
