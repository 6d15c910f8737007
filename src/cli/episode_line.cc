#include "cli/episode_line.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/json.h"
#include "domain/episode.h"
#include "text/normalize.h"

namespace nexus::cli {
namespace {

bool ReadContent(const boost::json::value& value, Episode& episode) {
  if (!value.is_string()) return false;
  episode.content = std::string(value.get_string());
  return true;
}

template <std::optional<std::string> Episode::* kMember>
bool ReadLabel(const boost::json::value& value, Episode& episode) {
  if (value.is_null()) return true;
  if (!value.is_string()) return false;
  episode.*kMember = std::string(value.get_string());
  return true;
}

bool ReadTime(const boost::json::value& value, Episode& episode) {
  if (value.is_null()) return true;
  const auto time = value.is_string() ? ParseRfc3339(value.get_string()) : std::nullopt;
  if (time) episode.occurred_at = *time;
  return time.has_value();
}

bool ReadTags(const boost::json::value& value, Episode& episode) {
  if (!value.is_array()) return false;
  for (const auto& tag : value.get_array()) {
    if (!tag.is_string()) return false;
    episode.tags.emplace_back(tag.get_string());
  }
  return true;
}

bool ReadImportance(const boost::json::value& value, Episode& episode) {
  if (!value.is_number()) return false;
  episode.importance_score = value.to_number<double>();
  return true;
}

bool ReadMetadata(const boost::json::value& value, Episode& episode) {
  if (!value.is_object()) return false;
  episode.metadata = SerializeJson(value);
  return true;
}

// The fields of an episode to be remembered, as api/shapes.h has them.
struct LineField {
  std::string_view name;
  std::string_view wanted;
  bool (*read)(const boost::json::value& value, Episode& episode);
};
constexpr LineField kFields[] = {
    {"content", "a string", &ReadContent},
    {"occurred_at", "an RFC 3339 time like 2026-11-24T13:52:30Z", &ReadTime},
    {"speaker", "a string", &ReadLabel<&Episode::speaker>},
    {"session_id", "a string", &ReadLabel<&Episode::session_id>},
    {"tags", "a list of strings", &ReadTags},
    {"importance_score", "a number", &ReadImportance},
    {"project_id", "a string", &ReadLabel<&Episode::project_id>},
    {"metadata", "an object", &ReadMetadata},
};

std::optional<std::string> ReadMembers(const boost::json::object& object, Episode& episode) {
  for (const auto& [key, value] : object) {
    const std::string_view name(key);
    const auto* field = std::ranges::find(kFields, name, &LineField::name);
    if (field == std::end(kFields)) return std::format("{}: an episode has no such field", name);
    if (!field->read(value, episode)) return std::format("{}: must be {}", name, field->wanted);
  }
  if (!object.contains("content")) return "content: is required";
  if (text::IsBlank(episode.content)) return "content: must not be blank";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> FindFault(std::string_view line, Timestamp now) {
  auto value = ParseJson(line);
  if (!value) return value.error().message;
  if (!value->is_object()) return "is not a JSON object";
  Episode episode;
  episode.occurred_at = now;
  if (auto fault = ReadMembers(value->get_object(), episode)) return fault;
  const auto error = Validate(episode, "", now);
  if (!error) return std::nullopt;
  return error->field.substr(1) + ": " + error->message;
}

}  // namespace nexus::cli
