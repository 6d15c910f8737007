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
constexpr size_t kBarCells = 20;
constexpr double kNothing = 0.005;  // what two digits cannot show

bool IsInsideCodePoint(std::string_view text, size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

// A turn beside a result, in one line.
std::string RenderTurn(const boost::json::object& turn, const Screen& screen) {
  const std::string speaker(TextOf(turn, "speaker"));
  const std::string text =
      (speaker.empty() ? "" : speaker + ": ") + std::string(TextOf(turn, "content"));
  return std::string(kIndent) +
         screen.Dim(screen.Dot() + " " + Cut(text, screen.width - kIndent.size() - 2)) + '\n';
}

std::string RenderTurns(const boost::json::array& turns, const Screen& screen) {
  std::string out;
  for (const auto& turn : turns) out += RenderTurn(AsObject(turn), screen);
  return out;
}

// One part of a score: what it added, and how it came to that.
struct Part {
  std::string_view name;
  double added = 0;
  std::string origin;  // empty: nothing more to say
};

std::string Place(std::string_view rank, const boost::json::object& told, double score) {
  const int64_t place = CountOf(told, rank);
  return place > 0 ? std::format("{:.2f}, no. {}", score, place) : "not found by it";
}

// The parts add up to the score. The weight of meaning is the server's: its part is what is left.
std::vector<Part> PartsOf(const boost::json::object& result, const boost::json::object& told) {
  const double words = NumberOf(result, "words");
  std::vector<Part> parts = {{"words", words, Place("words_rank", told, words)},
                             {"meaning", NumberOf(result, "score") - words,
                              Place("meaning_rank", told, NumberOf(result, "meaning"))}};
  for (std::string_view name : {"session", "recency", "importance"}) {
    const double added = NumberOf(told, name);
    parts[1].added -= added;
    if (added != 0) parts.push_back({name, added, ""});
  }
  if (std::abs(parts[1].added) < kNothing) parts[1].added = 0;
  if (!result.contains("meaning") && parts[1].added != 0)
    parts[1].origin = "the mean of the others";
  return parts;
}

// "words      ████░░░░░░  42 %  +0.42  0.42, no. 1"
std::string RenderPart(const Part& part, double total, const Screen& screen) {
  const double share = total > 0 ? std::max(part.added, 0.0) / total : 0;
  return std::format("{}{:<10} {} {:>3.0f} %  {:+.2f}  {}\n", kIndent, part.name,
                     screen.Green(screen.Bar(share, kBarCells)), share * 100, part.added,
                     screen.Dim(part.origin));
}

std::string RenderExplanation(const boost::json::object& result, const Screen& screen) {
  const boost::json::object& told = ObjectOf(result, "explanation");
  if (told.empty()) return "";
  const std::vector<Part> parts = PartsOf(result, told);
  double total = 0;
  for (const Part& part : parts) total += std::max(part.added, 0.0);
  std::string out;
  for (const Part& part : parts) {
    out += RenderPart(part, total, screen);
    while (out.ends_with(" \n")) out.erase(out.size() - 2, 1);
  }
  std::string matched;
  for (const auto& word : ListOf(told, "matched_words")) {
    if (word.is_string()) matched += (matched.empty() ? "" : ", ") + std::string(word.get_string());
  }
  if (matched.empty()) return out;
  return out + std::string(kIndent) +
         screen.Dim("matched    " + Cut(matched, screen.width - kIndent.size() - 11)) + '\n';
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
  const std::string dot = " " + screen.Dot() + " ";
  if (const int64_t omitted = CountOf(answer, "omitted"); omitted > 0) {
    foot += dot + std::format("{} more had no room in the token budget", omitted);
  }
  if (const boost::json::object& times = ObjectOf(answer, "times"); !times.empty()) {
    foot += dot + std::format("embed {:.1f}, search {:.1f}, rows {:.1f} ms",
                              NumberOf(times, "embed_ms"), NumberOf(times, "search_ms"),
                              NumberOf(times, "fetch_ms"));
  }
  if (!missing.empty()) foot += dot + "without " + missing + " (`nexus doctor` says why)";
  return out + screen.Dim(foot) + '\n';
}

}  // namespace nexus::cli
