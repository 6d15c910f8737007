#include "cli/episode_fields.h"

#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/json.h"
#include "cli/server.h"
#include "cli/typed_time.h"
#include "domain/episode.h"

namespace nexus::cli {
namespace {

void SetText(boost::json::object& episode, const char* name,
             const std::optional<std::string>& text) {
  if (!text) return;
  RequireUtf8(*text, name);
  episode[name] = *text;
}

}  // namespace

void AddEpisodeFields(Flags& command, EpisodeFields& given) {
  command.Text("--speaker", given.speaker, "who said it");
  command.Text("--session", given.session, "the conversation it belongs to");
  command.List("--tag", given.tags, "a label; may come several times");
  command.Text("--at", given.at, "when it happened, like 2026-03-04T18:40:00Z [now]");
  command.Number("--importance", given.importance, "0 to 1 [0.5]");
  command.Text("--project", given.project, "the project it belongs to");
  command.Text("--metadata", given.metadata, "a JSON object");
}

boost::json::object ToJson(const EpisodeFields& given) {
  boost::json::object episode;
  SetText(episode, "content", given.content);
  SetText(episode, "occurred_at", given.at.transform(&AsRfc3339));
  SetText(episode, "speaker", given.speaker);
  SetText(episode, "session_id", given.session);
  SetText(episode, "project_id", given.project);
  if (given.importance) episode["importance_score"] = *given.importance;
  boost::json::array tags;
  for (const std::string& tag : given.tags) {
    RequireUtf8(tag, "a tag");
    tags.emplace_back(tag);
  }
  if (!tags.empty()) episode["tags"] = std::move(tags);
  if (given.metadata) {
    episode["metadata"] = ReadObject(*given.metadata, "--metadata", R"({"source":"mail"})");
  }
  return episode;
}

std::string ReadText() {
  std::string text;
  char piece[16 << 10];
  while (text.size() <= kMaxContentBytes + 2) {
    const ssize_t size = read(STDIN_FILENO, piece, sizeof piece);
    if (size <= 0) break;
    text.append(piece, static_cast<size_t>(size));
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.size() > kMaxContentBytes) {
    throw Failure(ErrorCode::kTooLarge,
                  std::format("the text is longer than {} bytes, the most that an episode holds",
                              kMaxContentBytes),
                  "split it, or keep it elsewhere and remember a reference");
  }
  return text;
}

boost::json::object ReadObject(std::string_view text, std::string_view flag,
                               std::string_view example) {
  auto value = ParseJson(text);
  if (value && value->is_object()) return std::move(value->get_object());
  throw Failure(ErrorCode::kInvalid,
                value ? std::format("{} is not a JSON object", flag)
                      : std::format("{} is not JSON: {}", flag, value.error().message),
                std::format("like this: {} '{}'", flag, example));
}

std::string EpisodeTarget(std::string_view brain, std::string_view id, std::string_view rest) {
  RequireUtf8(id, "the id");
  return BrainTarget(brain, "/episodes/" + http::PercentEncode(id) + std::string(rest));
}

}  // namespace nexus::cli
