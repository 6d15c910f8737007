#include "api/episode_views.h"

#include "api/codec.h"
#include "base/json.h"

namespace nexus::api {
namespace {

NewEpisode ToNew(const Episode& from) {
  NewEpisode made{.content = from.content,
                  .occurred_at = from.occurred_at,
                  .speaker = from.speaker,
                  .session_id = from.session_id,
                  .tags = from.tags,
                  .importance_score = from.importance_score,
                  .project_id = from.project_id,
                  .metadata = {}};
  if (auto metadata = ParseJson(from.metadata); metadata && metadata->is_object()) {
    made.metadata = std::move(metadata->get_object());
  }
  return made;
}

// RFC 7396.
void MergePatch(boost::json::object& target, const boost::json::object& patch) {
  for (const auto& [name, value] : patch) {
    if (value.is_null()) {
      target.erase(name);
    } else if (value.is_object()) {
      boost::json::value& member = target[name];
      if (!member.is_object()) member = boost::json::object();
      MergePatch(member.get_object(), value.get_object());
    } else {
      target[name] = value;
    }
  }
}

}  // namespace

Episode ToEpisode(NewEpisode&& from, Timestamp now) {
  Episode episode;
  episode.content = std::move(from.content);
  episode.occurred_at = from.occurred_at.value_or(now);
  episode.importance_score = from.importance_score;
  episode.tags = std::move(from.tags);
  episode.project_id = std::move(from.project_id);
  episode.session_id = std::move(from.session_id);
  episode.speaker = std::move(from.speaker);
  episode.metadata = SerializeJson(from.metadata);
  return episode;
}

void Fill(EpisodeView& view, Episode&& from) {
  view.id = from.id;
  view.content = std::move(from.content);
  view.occurred_at = from.occurred_at;
  view.created_at = from.created_at;
  view.importance_score = from.importance_score;
  view.tags = std::move(from.tags);
  view.project_id = std::move(from.project_id);
  view.session_id = std::move(from.session_id);
  view.speaker = std::move(from.speaker);
  if (auto metadata = ParseJson(from.metadata); metadata && metadata->is_object()) {
    view.metadata = std::move(metadata->get_object());
  }
  view.version = from.version;
  view.invalidated_at = from.invalidated_at;
  view.superseded_by = from.superseded_by;
}

Result<Episode> Patched(Episode old, const boost::json::object& patch) {
  const NewEpisode before = ToNew(old);
  boost::json::value merged = ToJson(before);
  MergePatch(merged.as_object(), patch);
  auto after = FromJson<NewEpisode>(merged);
  if (!after) return std::unexpected(after.error());
  const bool same_metadata = after->metadata == before.metadata;
  Episode made = ToEpisode(std::move(*after), old.created_at);
  if (same_metadata) made.metadata = std::move(old.metadata);
  return made;
}

EpisodeView View(Episode&& episode) {
  EpisodeView view;
  Fill(view, std::move(episode));
  return view;
}

std::vector<EpisodeView> Views(std::vector<Episode>&& episodes) {
  std::vector<EpisodeView> views;
  for (Episode& episode : episodes) views.push_back(View(std::move(episode)));
  return views;
}

}  // namespace nexus::api
